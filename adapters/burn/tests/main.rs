//! The tests in one program, because each links burn.
