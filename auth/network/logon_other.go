//go:build !windows

package network

import "github.com/portico-desktop/portico/auth/network/proxyauth"

// ownLogOn is none: tickets are read by package kerberos, which a program brings in by
// [Options.LogOn] where it wants its size.
func ownLogOn() proxyauth.LogOn { return nil }
