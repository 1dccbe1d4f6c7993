//go:build !windows

package network

import "github.com/portico-desktop/portico/auth/network/proxyauth"

// ownLogOn is none: package kerberos reads tickets, and a program that wants its size
// brings it in by [Options.LogOn].
func ownLogOn() proxyauth.LogOn { return nil }
