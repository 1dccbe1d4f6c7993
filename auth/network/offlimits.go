package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// ErrOffLimits is the reason for never asking some addresses: those of the link (RFC
// 3927; RFC 4291, section 2.5.6), and those at which a cloud tells its computers about
// themselves, keys included. No portal and no provider is there, and anybody who names
// one wants something that only this computer can reach.
var ErrOffLimits = errors.New("an address of the local link, or of a cloud's metadata, is never asked")

// OffLimits is true for a host, a name or an address without a port, that is never
// asked. Other names may still turn out to be one when they are looked up.
func OffLimits(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if slices.Contains([]string{"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"}, host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && isOffLimits(ip)
}

func isOffLimits(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	// An IPv4 address may come as one of IPv6 for a gateway to translate (RFC 6052).
	if netip.MustParsePrefix("64:ff9b::/96").Contains(ip) {
		all := ip.As16()
		ip = netip.AddrFrom4([4]byte(all[12:]))
	}
	if ip.IsLinkLocalUnicast() {
		return true
	}
	switch ip.String() {
	case "fd00:ec2::254", "fd20:ce::254", "168.63.129.16": // Amazon's, Google's, Microsoft's
		return true
	}
	return false
}

// checkReached is net.Dialer's ControlContext: it sees the address that a name has
// turned out to be. A proxy's address is chosen by this computer and may be any.
func checkReached(ctx context.Context, _, address string, _ syscall.RawConn) error {
	if w := wayOf(ctx); w != nil && w.via.proxy != nil {
		return nil
	}
	if at, err := netip.ParseAddrPort(address); err == nil && isOffLimits(at.Addr()) {
		return fmt.Errorf("%s: %w", at.Addr(), ErrOffLimits)
	}
	return nil
}
