//go:build !linux && !windows && !darwin

package vault

import "context"

// osPartSize suits Secret Services, which have no limit of their own.
const osPartSize = 64 << 10

func (k *osKeyring) prepare(context.Context) error { return nil }

func connectionLost(error) bool { return false }

func classify(err error) error { return &Error{Kind: Failing, Err: err} }
