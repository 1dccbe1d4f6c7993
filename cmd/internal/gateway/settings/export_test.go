package settings

// Keys are all keys.
func Keys() []string { return keys() }
