//! The `keysift` program. All there is to it lies in `cli`; the library cannot see that module.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main().into()
}
