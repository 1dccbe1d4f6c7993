//go:build !windows && !darwin

package network

// readSystem has nothing to read: here the environment is what sets proxies.
func readSystem() (system, error) { return system{}, nil }
