package desktop

import "os/exec"

// systemDownloads is the same on every Mac.
func systemDownloads(string) string { return "" }

func showFile(file string) error { return exec.Command("open", "-R", file).Run() }
