// Command window stands in for portico.exe in packages for tests: the window itself
// takes a C compiler minutes, and the installer only carries it.
package main

func main() {}
