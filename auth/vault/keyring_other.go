//go:build !linux && !windows && !darwin

package vault

// osPartSize suits Secret Services: they have no limit of their own.
const osPartSize = 64 << 10

func classify(err error) error { return &Error{Kind: Failing, Err: err} }
