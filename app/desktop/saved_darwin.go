package desktop

import "os/exec"

// systemDownloads is where every Mac has it.
func systemDownloads(string) string { return "" }

func showFile(file string) error { return exec.Command("open", "-R", file).Run() }
