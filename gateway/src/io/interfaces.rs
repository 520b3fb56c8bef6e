//! The network interfaces of this host: which has an address, and what its own on the wire is.

use std::ffi::CStr;
use std::io;
use std::net::Ipv4Addr;

/// What the kernel says of one interface in one entry of its list: an IPv4 address, or its Ethernet address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Of the interface.
    pub(super) name: String,
    /// Somebody has switched it on.
    pub(super) is_up: bool,
    /// What it says.
    pub(super) says: Says,
}

/// See [`Entry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// An address of it.
    Ipv4(Ipv4Addr),
    /// Its number, and its address on an Ethernet.
    Ethernet { index: u32, mac: [u8; 6] },
}

/// All of them.
///
/// # Errors
/// What the kernel said.
pub(super) fn entries() -> io::Result<Vec<Entry>> {
    let mut first: *mut libc::ifaddrs = std::ptr::null_mut();
    // WHY: no crate that is here lists interfaces.
    // SAFETY: the call writes a list to `first` or fails.
    if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (mut found, mut next) = (Vec::new(), first.cast_const());
    // WHY: the list is linked by pointers.
    // SAFETY: each is that of an entry of the list or null, and the list is freed only below.
    while let Some(entry) = unsafe { next.as_ref() } {
        next = entry.ifa_next.cast_const();
        if let Some(says) = says(entry) {
            // WHY: a name is a C string.
            // SAFETY: every entry has a name that ends in a zero, as getifaddrs(3) says.
            let name = unsafe { CStr::from_ptr(entry.ifa_name) }.to_string_lossy().into_owned();
            let is_up = entry.ifa_flags & libc::IFF_UP as u32 != 0;
            found.push(Entry { name, is_up, says });
        }
    }
    // WHY: the list is the C library's.
    // SAFETY: it came from getifaddrs and nothing refers to it any more: `found` has copies.
    unsafe { libc::freeifaddrs(first) };
    Ok(found)
}

fn says(entry: &libc::ifaddrs) -> Option<Says> {
    // WHY: an address is of the type that its family says.
    // SAFETY: an entry's address is null or at least a sockaddr, valid as long as the list.
    let family = unsafe { entry.ifa_addr.as_ref() }?.sa_family;
    match libc::c_int::from(family) {
        libc::AF_INET => {
            // WHY: as above.
            // SAFETY: an address of this family is a sockaddr_in; it is copied out, aligned or not.
            let address = unsafe { entry.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Says::Ipv4(Ipv4Addr::from_bits(u32::from_be(address.sin_addr.s_addr))))
        }
        libc::AF_PACKET => {
            // WHY: as above.
            // SAFETY: an address of this family is a sockaddr_ll; it is copied out, aligned or not.
            let link = unsafe { entry.ifa_addr.cast::<libc::sockaddr_ll>().read_unaligned() };
            if link.sll_hatype != libc::ARPHRD_ETHER || link.sll_halen != 6 {
                return None;
            }
            let [a, b, c, d, e, f, ..] = link.sll_addr;
            Some(Says::Ethernet { index: link.sll_ifindex as u32, mac: [a, b, c, d, e, f] })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_its_address_and_is_no_ethernet() {
        let entries = entries().unwrap();
        let localhost = Says::Ipv4(Ipv4Addr::LOCALHOST);
        let loopback = entries.iter().find(|entry| entry.says == localhost).unwrap();
        assert!(loopback.is_up);
        let is_ethernet = |entry: &&Entry| matches!(entry.says, Says::Ethernet { .. });
        assert!(entries.iter().filter(is_ethernet).all(|entry| entry.name != loopback.name));
    }
}
