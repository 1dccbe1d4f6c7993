package desktop

// systemOpener is open(1), which hands an address to the Launch Services.
func systemOpener() (string, error) { return "/usr/bin/open", nil }
