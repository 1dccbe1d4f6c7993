package ui

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"regexp"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
)

// chatter is Fyne's output through the package log while a window opens.
type chatter struct{ bytes.Buffer }

// noOpenGL is Fyne 2.8.1's text when OpenGL cannot be used (internal/painter/gl, Init).
// It goes on all the same, and the first drawing ends the program.
const noOpenGL = "failed to initialise OpenGL"

// stamped is the time before each line of the package log.
var stamped = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `) })

// cause is the chatter in one line, without times and places in Fyne's source.
func (c *chatter) cause() string {
	var parts []string
	for line := range strings.Lines(stamped().ReplaceAllString(c.String(), "")) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "At: ") {
			parts = append(parts, strings.TrimSpace(strings.TrimPrefix(line, "Fyne error:")))
		}
	}
	return strings.ReplaceAll(strings.Join(parts, "; "), "; Cause: ", ": ")
}

// withoutChatter keeps back Fyne's output while do opens the window. After a failure it
// is part of the error, and the program chooses the words; otherwise it is printed after
// all.
func withoutChatter(do func(said *chatter) error) error {
	var said chatter
	to := log.Writer()
	log.SetOutput(&said)
	err := do(&said)
	log.SetOutput(to)
	if cause := said.cause(); err != nil && cause != "" {
		// Fyne's first words are the cause of everything after them.
		return fmt.Errorf("%w: %s%s", ErrNoWindow, cause, strings.TrimPrefix(err.Error(), ErrNoWindow.Error()))
	}
	_, _ = said.WriteTo(to) // a lost line of Fyne's stops nothing
	return err
}

// orNoWindow asks Fyne for a window. Without a display, or without OpenGL, some of Fyne
// panics: GLFW that was never initialised, a shader that does not compile.
func orNoWindow(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", ErrNoWindow, cause)
		}
	}()
	return do()
}

// show makes the window appear. Without a display or OpenGL Fyne panics or merely logs,
// and asks itself to end.
func show(win fyne.Window, said *chatter) error {
	win.Show()
	if native, ok := win.(driver.NativeWindow); ok && !exists(native) {
		return ErrNoWindow
	}
	if strings.Contains(said.String(), noOpenGL) {
		return ErrNoWindow
	}
	return nil
}

// Reason is why there is no window, without the words common to all such errors.
func Reason(err error) string {
	text := strings.TrimPrefix(err.Error(), ErrNoWindow.Error())
	if text = strings.TrimPrefix(text, ": "); text == "" || !errors.Is(err, ErrNoWindow) {
		return err.Error()
	}
	return text
}

// exists says whether the operating system has made the window.
func exists(native driver.NativeWindow) bool {
	found := true
	native.RunNative(func(handle any) {
		switch h := handle.(type) {
		case driver.X11WindowContext:
			found = h.WindowHandle != 0
		case driver.WaylandWindowContext:
			found = h.WaylandSurface != 0
		case driver.WindowsWindowContext:
			found = h.HWND != 0
		case driver.MacWindowContext:
			found = h.NSWindow != 0
		}
	})
	return found
}
