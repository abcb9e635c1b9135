extern "C" {
    fn tool(n: i32) -> i32;
    fn raise(signal: i32) -> i32;
}

fn apply(n: i32) -> i32 {
    unsafe { tool(n) } // 5
}

fn main() {
    let sum: i32 = (0..5).map(apply).sum();
    if sum == 0 { // 1
        println!("nothing"); // 0
    }
    unsafe { raise(9) };
}
