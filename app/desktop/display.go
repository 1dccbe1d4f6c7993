package desktop

import "strings"

// displayOf names the display that a program opens its windows on, by the environment:
// WAYLAND_DISPLAY and DISPLAY, which a program takes the one or the other of. The
// screen within an X display does not count (X(7)), as a window of one is raised from
// another.
func displayOf(env func(string) string) string {
	wayland, x := env("WAYLAND_DISPLAY"), env("DISPLAY")
	if host, number, ok := strings.Cut(x, ":"); ok {
		number, _, _ = strings.Cut(number, ".")
		if host == "unix" || host == "unix/" {
			host = ""
		}
		x = host + ":" + number
	}
	return strings.TrimSpace(wayland + " " + x)
}
