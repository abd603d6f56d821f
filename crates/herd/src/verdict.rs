//! How a command ends: its result on the standard output, whether it is good as the exit code.

use std::process::ExitCode;

/// Prints what a command found out; 0 if it is `ok`, else 1.
#[allow(clippy::print_stdout, reason = "the result is what the command is for")]
pub fn print(text: &str, ok: bool) -> ExitCode {
    print!("{text}");
    ExitCode::from(u8::from(!ok))
}
