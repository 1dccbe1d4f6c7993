//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "tour: the tour runs on Linux; portico-demo shows the same story here")
	os.Exit(1)
}
