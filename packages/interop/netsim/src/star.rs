//! The network with real devices and the real clock: one thread, which sleeps until there is something to do.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::sys::timer::TimerSetTimeFlags;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags};

use crate::buffers::Buffers;
use crate::commands::{Command, Commands};
use crate::config::Config;
use crate::link::Nanos;
use crate::network::{Network, Outcome, Packet};
use crate::register::Registration;
use crate::statistics::{HostStatistics, Lateness, LatenessReport, Statistics};
use crate::{device, namespace};

/// It looks no more often than that after packets, so that it is not woken for each of them: half of its time went there.
const TICK: Nanos = 100_000;

/// Read from one device before the others have their turn.
const READ_BATCH: usize = 64;

/// Delivered before devices are read again.
const DELIVERY_BATCH: usize = 256;

const EVENTS_MAX: usize = 64;

/// It is ahead of what it carries packets for: a late network would be measured as theirs. It sleeps most of the time.
const REALTIME_PRIORITY: i32 = 1;

/// What an event says has happened; smaller numbers are hosts.
const TIMER: u64 = u64::MAX;
const SIGNAL: u64 = u64::MAX - 1;
const COMMAND: u64 = u64::MAX - 2;

pub struct Star {
    names: Vec<Names>,
    devices: Vec<File>,
    network: Network,
    buffers: Buffers,
    lateness: Lateness,
    started: Instant,
    epoll: Epoll,
    timer: TimerFd,
    timer_at: Option<Nanos>,
    signals: SignalFd,
    commands: Commands,
    /// Dropped last: the devices are closed by then.
    _registration: Registration,
}

struct Names {
    host: String,
    namespace: String,
}

impl Star {
    /// Makes namespaces and devices.
    pub fn new(config: &Config) -> io::Result<Self> {
        // before there is anything to remove
        let signals = watch_signals()?;
        let names: Vec<_> = config
            .hosts
            .iter()
            .map(|host| Names {
                host: host.name.clone(),
                namespace: config.namespace_of(host),
            })
            .collect();
        let registration = Registration::new(
            &config.prefix,
            names.iter().map(|names| names.namespace.clone()).collect(),
        )?;
        let devices = config
            .hosts
            .iter()
            .map(|host| {
                namespace::create(&config.namespace_of(host), || {
                    device::bring_up_loopback()?;
                    device::open(host.address, config.mtu_bytes)
                })
            })
            .collect::<io::Result<Vec<_>>>()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC)?;

        for (index, device) in devices.iter().enumerate() {
            epoll.add(device, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
        }

        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER))?;
        epoll.add(&signals, EpollEvent::new(EpollFlags::EPOLLIN, SIGNAL))?;
        epoll
            .add(io::stdin(), EpollEvent::new(EpollFlags::EPOLLIN, COMMAND))
            .map_err(|error| match error {
                Errno::EPERM => io::Error::other("standard input is a file: it must be a pipe that stays open"),
                error => error.into(),
            })?;
        raise_priority();

        Ok(Self {
            names,
            devices,
            network: Network::new(config),
            buffers: Buffers::new(config.packets_max, config.mtu_bytes),
            lateness: Lateness::default(),
            started: Instant::now(),
            epoll,
            timer,
            timer_at: None,
            signals,
            commands: Commands::default(),
            _registration: registration,
        })
    }

    /// Runs until it is told to end, by a signal or by the end of standard input. Each line `statistics` gets a line of them.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let mut looked_at = 0;

        loop {
            looked_at = self.sleep_until(looked_at + TICK);
            let is_more_due = self.deliver();
            self.set_timer(is_more_due)?;
            let timeout = if is_more_due {
                EpollTimeout::ZERO
            } else {
                EpollTimeout::NONE
            };

            let count = match self.epoll.wait(&mut events, timeout) {
                Err(Errno::EINTR) => 0,
                count => count?,
            };

            for event in events.iter().take(count) {
                if !self.on_event(event.data())? {
                    return Ok(());
                }
            }
        }
    }

    /// With what devices have dropped, which takes a while.
    pub fn statistics(&self) -> Statistics {
        self.snapshot().complete()
    }

    /// False when that was the end.
    fn on_event(&mut self, source: u64) -> io::Result<bool> {
        match source {
            TIMER => {
                self.timer.wait()?;
                self.timer_at = None;
            }
            SIGNAL => {
                self.signals.read_signal()?;
                return Ok(false);
            }
            COMMAND => {
                let commands = self.commands.read()?;

                if commands.contains(&Command::End) {
                    return Ok(false);
                }

                for _ in commands {
                    let snapshot = self.snapshot();
                    // beside the packets, which do not wait for it
                    thread::spawn(move || snapshot.complete().print());
                }
            }
            host => self.read(host as usize)?,
        }

        Ok(true)
    }

    fn now(&self) -> Nanos {
        self.started.elapsed().as_nanos() as Nanos
    }

    /// Returns the time afterwards, at once if it is later.
    fn sleep_until(&self, at: Nanos) -> Nanos {
        if let Some(rest) = at.checked_sub(self.now()) {
            thread::sleep(Duration::from_nanos(rest));
        }

        self.now()
    }

    /// Takes packets from a device and lets the network have them.
    fn read(&mut self, host: usize) -> io::Result<()> {
        let now = self.now();

        for _ in 0..READ_BATCH {
            let Some(device) = self.devices.get_mut(host) else {
                return Ok(());
            };

            let Some(buffer) = self.buffers.take() else {
                return self.discard(host);
            };

            let bytes = match device.read(self.buffers.bytes_mut(buffer)) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.buffers.give_back(buffer);
                    return if error.kind() == io::ErrorKind::WouldBlock {
                        Ok(())
                    } else {
                        Err(error)
                    };
                }
            };
            let destination = self.buffers.bytes(buffer).get(..bytes).and_then(destination_of);

            if !self.network.send(now, host, destination, Packet { buffer, bytes }) {
                self.buffers.give_back(buffer);
            }
        }

        Ok(())
    }

    /// Reads one packet when there is no buffer for it.
    fn discard(&mut self, host: usize) -> io::Result<()> {
        let Some(device) = self.devices.get_mut(host) else {
            return Ok(());
        };

        match device.read(&mut [0]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            result => result?,
        };

        if let Some(statistics) = self.network.statistics_mut(host) {
            statistics.sent += 1;
            statistics.buffer_dropped += 1;
        }

        Ok(())
    }

    /// Writes what is due to the devices, a batch of it. True if there is more.
    fn deliver(&mut self) -> bool {
        for _ in 0..DELIVERY_BATCH {
            let now = self.now();
            let Some(outcome) = self.network.poll(now) else {
                return false;
            };

            let packet = match outcome {
                Outcome::Dropped { packet } => packet,
                Outcome::Delivered { to, packet, at } => {
                    self.lateness.add(now - at);
                    self.write(to, packet);
                    packet
                }
            };

            self.buffers.give_back(packet.buffer);
        }

        true
    }

    fn write(&mut self, host: usize, packet: Packet) {
        let bytes = self
            .buffers
            .bytes(packet.buffer)
            .get(..packet.bytes)
            .unwrap_or_default();
        let is_written = self
            .devices
            .get_mut(host)
            .is_some_and(|device| device.write(bytes).is_ok());
        let Some(statistics) = self.network.statistics_mut(host) else {
            return;
        };

        if is_written {
            statistics.received += 1;
            statistics.received_bytes += packet.bytes as u64;
        } else {
            statistics.device_dropped += 1;
        }
    }

    /// Unless it is set to that already, or what is due will be looked at without it.
    fn set_timer(&mut self, is_more_due: bool) -> io::Result<()> {
        let Some(next_at) = self.network.next_at().filter(|_| !is_more_due) else {
            return Ok(());
        };
        let at = next_at.next_multiple_of(TICK);

        if self.timer_at.is_some_and(|timer_at| timer_at <= at) {
            return Ok(());
        }

        // one nanosecond at least: none would turn it off
        let wait = Duration::from_nanos(at.saturating_sub(self.now()).max(1));
        self.timer.set(
            Expiration::OneShot(TimeSpec::from_duration(wait)),
            TimerSetTimeFlags::empty(),
        )?;
        self.timer_at = Some(at);
        Ok(())
    }

    fn snapshot(&self) -> Snapshot {
        let hosts = self.names.iter().zip(self.network.statistics());

        Snapshot {
            seconds: self.started.elapsed().as_secs_f64(),
            lateness: (&self.lateness).into(),
            hosts: hosts
                .map(|(names, statistics)| (names.host.clone(), names.namespace.clone(), statistics))
                .collect(),
        }
    }
}

/// What the star has counted.
struct Snapshot {
    seconds: f64,
    lateness: LatenessReport,
    /// Name, namespace and counts of each.
    hosts: Vec<(String, String, HostStatistics)>,
}

impl Snapshot {
    /// Adds what the kernel has counted.
    fn complete(self) -> Statistics {
        let with_device = |(host, namespace, statistics): (String, String, HostStatistics)| {
            let in_kernel = namespace::enter(&namespace, device::unread_packets).unwrap_or_default();
            let device_dropped = statistics.device_dropped + in_kernel;
            (
                host,
                HostStatistics {
                    device_dropped,
                    ..statistics
                },
            )
        };

        Statistics {
            seconds: self.seconds,
            lateness: self.lateness,
            hosts: self.hosts.into_iter().map(with_device).collect(),
        }
    }
}

/// None if it is no packet of IPv4.
fn destination_of(packet: &[u8]) -> Option<Ipv4Addr> {
    let is_ipv4 = packet.first()? >> 4 == 4;
    let destination: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
    is_ipv4.then(|| destination.into())
}

fn watch_signals() -> io::Result<SignalFd> {
    let signals: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP].into_iter().collect();
    signals.thread_block()?;
    Ok(SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC)?)
}

fn raise_priority() {
    let parameters = libc::sched_param {
        sched_priority: REALTIME_PRIORITY,
    };

    // threads that it starts are ordinary ones
    // SAFETY: the kernel reads the parameters, which outlive the call
    if unsafe { libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &parameters) } != 0 {
        eprintln!("netsim: the priority stays as it is: {}", io::Error::last_os_error());
    }
}
