//! Modules that the programs share.
#![no_std]

#[cfg(target_os = "none")]
pub mod board;
pub mod digits;
pub mod network;
pub mod recipes;
pub mod training;
