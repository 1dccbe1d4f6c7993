package desktop

// systemOpener is open(1). It hands an address to the Launch Services.
func systemOpener() (string, error) { return "/usr/bin/open", nil }
