//go:build !linux

package kerberos

import "errors"

// readKeyring: only Linux has keyrings in its kernel.
func readKeyring(string) ([]byte, error) { return nil, errors.ErrUnsupported }
