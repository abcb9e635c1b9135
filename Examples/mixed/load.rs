// Sends many requests to the service, then waits for more work until somebody ends it.
//
//   load SOCKET COUNT
//
// `//= N`: how often the line runs in run.sh.
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

fn ask(socket: &str, request: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?; //= 100 if rust
    stream.write_all(request.as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}

fn check(number: u32, reply: &str) -> u32 {
    match reply.trim().parse::<u32>() {
        Ok(answer) if answer == 2 * number => 1, //= 100 if rust
        _ => 0,                                  //= 0
    }
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let count: u32 = arguments[2].parse().expect("COUNT is a number"); //= 1 if rust
    let mut right = 0;
    for number in 0..count {
        right += check(number, &ask(&arguments[1], &format!("double {number}\n"))?);
    }
    println!("load: {right} of {count} answers were right"); //= 1 if rust
    std::thread::sleep(std::time::Duration::MAX); //= 1 if rust
    Ok(())
}
