//! The TUN device of a host, made in the network namespace of the calling thread.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::libc;

pub const NAME: &str = "tun0";

/// Packets that wait to be read. netsim reads at once; this bridges the time in which it does not get a processor.
const READ_QUEUE_PACKETS: libc::c_int = 4_000;

nix::ioctl_write_ptr_bad!(tun_set_interface, libc::TUNSETIFF, libc::ifreq);
nix::ioctl_write_ptr_bad!(set_address, libc::SIOCSIFADDR, libc::ifreq);
nix::ioctl_write_ptr_bad!(set_netmask, libc::SIOCSIFNETMASK, libc::ifreq);
nix::ioctl_write_ptr_bad!(set_mtu, libc::SIOCSIFMTU, libc::ifreq);
nix::ioctl_write_ptr_bad!(set_queue_length, libc::SIOCSIFTXQLEN, libc::ifreq);
nix::ioctl_write_ptr_bad!(set_flags, libc::SIOCSIFFLAGS, libc::ifreq);

/// A device that is up, has the address and leads to all of the network. Reading and writing it does not block; it is gone when it is closed.
pub fn open(address: Ipv4Addr, mtu_bytes: usize) -> io::Result<File> {
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open("/dev/net/tun")?;
    // SAFETY: the kernel reads the request, which outlives the call
    unsafe {
        tun_set_interface(
            device.as_raw_fd(),
            &request(NAME, flags(libc::IFF_TUN | libc::IFF_NO_PI)),
        )?
    };

    disable_ipv6()?;
    let control = control_socket()?;
    let mtu = libc::__c_anonymous_ifr_ifru {
        ifru_mtu: mtu_bytes as libc::c_int,
    };
    // the queue length has no name of its own in the union: the kernel reads it where the MTU is
    let queue_length = libc::__c_anonymous_ifr_ifru {
        ifru_mtu: READ_QUEUE_PACKETS,
    };
    let netmask = Ipv4Addr::new(255, 0, 0, 0);

    // SAFETY: as above
    unsafe {
        set_mtu(control.as_raw_fd(), &request(NAME, mtu))?;
        set_queue_length(control.as_raw_fd(), &request(NAME, queue_length))?;
        set_address(control.as_raw_fd(), &request(NAME, socket_address(address)))?;
        set_netmask(control.as_raw_fd(), &request(NAME, socket_address(netmask)))?;
    }

    bring_up(control.as_raw_fd(), NAME)?;
    Ok(device)
}

/// Packets that the kernel has dropped as the queue of the device was full.
pub fn unread_packets() -> io::Result<u64> {
    /// In `/proc/net/dev`, after the name: eight columns of what was received, then bytes, packets, errors, drops of what was sent.
    const SENT_DROPS: usize = 11;
    let table = fs::read_to_string("/proc/thread-self/net/dev")?;
    let columns = table
        .lines()
        .find_map(|line| line.trim().strip_prefix(NAME)?.strip_prefix(':'));
    let drops = columns.and_then(|columns| columns.split_whitespace().nth(SENT_DROPS));
    drops
        .and_then(|drops| drops.parse().ok())
        .ok_or_else(|| io::Error::other("the device is not in /proc/net/dev"))
}

pub fn bring_up_loopback() -> io::Result<()> {
    bring_up(control_socket()?.as_raw_fd(), "lo")
}

fn bring_up(control: RawFd, name: &str) -> io::Result<()> {
    // SAFETY: as above
    unsafe { set_flags(control, &request(name, flags(libc::IFF_UP | libc::IFF_RUNNING)))? };
    Ok(())
}

/// Any socket of the namespace will do.
fn control_socket() -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
}

/// Router solicitations and the like would count as what the host sent.
fn disable_ipv6() -> io::Result<()> {
    match fs::write(format!("/proc/sys/net/ipv6/conf/{NAME}/disable_ipv6"), "1") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn request(name: &str, ifr_ifru: libc::__c_anonymous_ifr_ifru) -> libc::ifreq {
    let mut ifr_name = [0; libc::IFNAMSIZ];

    for (to, from) in ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }

    libc::ifreq { ifr_name, ifr_ifru }
}

fn flags(flags: libc::c_int) -> libc::__c_anonymous_ifr_ifru {
    libc::__c_anonymous_ifr_ifru {
        ifru_flags: flags as libc::c_short,
    }
}

fn socket_address(address: Ipv4Addr) -> libc::__c_anonymous_ifr_ifru {
    let address = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: 0,
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(address.octets()),
        },
        sin_zero: [0; 8],
    };

    // SAFETY: all addresses of sockets begin alike, and these two are of one size
    libc::__c_anonymous_ifr_ifru {
        ifru_addr: unsafe { std::mem::transmute::<libc::sockaddr_in, libc::sockaddr>(address) },
    }
}
