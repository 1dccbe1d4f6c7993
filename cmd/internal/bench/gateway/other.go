//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench-gateway: what is measured is measured on Linux")
	os.Exit(1)
}
