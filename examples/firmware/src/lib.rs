//! What the firmware's programs share.
#![cfg_attr(target_os = "none", no_std)]

pub mod board;
