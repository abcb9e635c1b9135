// A program whose profiles LLVM's runtime merges into one file.
fn earlier(x: i32) -> i32 {
    x + 1 // line "earlier"
}

fn work(x: i32) -> i32 {
    x + 2 // line "work"
}

fn main() {
    if std::env::args().count() > 1 {
        std::process::exit(earlier(-1));
    }
    std::process::exit(work(-2)); // line "at the end"
}
