//! Hosts as network namespaces, joined by a star of TUN devices.
//!
//! [`network`] decides what becomes of a packet and when; it has no clock, no packets' bytes and no system calls. [`star`] drives it with real
//! devices, [`namespace`] makes these, and [`register`] sees to it that nothing of a dead run stays.

pub mod buffers;
pub mod commands;
pub mod config;
pub mod device;
pub mod link;
pub mod loss;
pub mod namespace;
pub mod network;
pub mod register;
pub mod schedule;
pub mod star;
pub mod statistics;
