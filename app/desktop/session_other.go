//go:build !windows

package desktop

// LogOnSession tells the log-on sessions of one user on one computer apart, if each has
// a Portico of its own: on Windows it is the number of the session. Here it is "": the
// runtime directory is the user's, and so is the one agent in it.
func LogOnSession() string { return "" }
