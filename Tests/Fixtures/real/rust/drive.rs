//! Serving until killed, and the loop that starts and kills servers at random instants.

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use crate::tally::Tally;
use crate::{interpret, machine::Machine};

/// One answer; its counter must equal what the tally tells.
#[inline(never)]
fn answer(source: &str) -> Result<Machine, String> {
    interpret(source) // line "answer"
}

/// Answers until killed.
pub fn serve(tally: &str, slot: usize, path: &str) -> ExitCode {
    let tally = Tally::open(tally, slot);
    let source = std::fs::read_to_string(path).expect("a script");
    loop {
        tally.begin();
        let answered = answer(&source).is_ok();
        tally.give();
        if !answered {
            return ExitCode::FAILURE;
        }
    }
}

/// Starts `runs` servers, one after the other, and kills each of them within 4 ms.
pub fn drive(tally: &str, runs: usize, seed: u64, path: &str) -> ExitCode {
    let program = std::env::current_exe().expect("our own path");
    let mut random = seed | 1;
    let mut killed = 0;
    for slot in 0..runs {
        let mut server = Command::new(&program)
            .args(["serve", tally, &slot.to_string(), path])
            .stdin(Stdio::null())
            .spawn()
            .expect("a server");
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % 4000));
        server.kill().expect("a kill");
        killed += usize::from(server.wait().expect("its status").code().is_none());
    }
    println!("{killed} killed");
    ExitCode::SUCCESS
}
