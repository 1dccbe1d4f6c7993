//go:build linux

package stage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Display is a screen that nobody looks at, with a window manager, so windows get the
// focus as on a desk.
type Display struct {
	// Name is the value of DISPLAY, as in ":7".
	Name  string
	stage *Stage
}

func (s *Stage) startDisplay(ctx context.Context, screen string, framebuffer bool) error {
	if screen == "" {
		screen = "1280x800"
	}
	var more []string
	if framebuffer {
		if err := os.Mkdir(s.framebufferDir(), 0o700); err != nil {
			return err
		}
		more = []string{"-fbdir", s.framebufferDir()}
	}
	d, err := s.newDisplay(ctx, screen, more...)
	if err != nil {
		return err
	}
	s.Display = d
	s.env = append(s.env, d.env()...)
	return nil
}

// newDisplay starts a screen and its window manager.
func (s *Stage) newDisplay(ctx context.Context, screen string, more ...string) (*Display, error) {
	if err := Require("Xvfb", "openbox", "xdotool", "import"); err != nil {
		return nil, err
	}
	// Xvfb picks a free number and prints it when it is ready for connections, so there
	// is nothing to guess or to wait for.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	args := append([]string{"-displayfd", "3", "-screen", "0", screen + "x24", "-nolisten", "tcp", "-noreset"}, more...)
	_, err = s.Start(Command{Name: "Xvfb", Files: []*os.File{write}, Args: args})
	write.Close()
	if err != nil {
		return nil, err
	}
	number, err := readLine(ctx, read)
	if err != nil {
		return nil, fmt.Errorf("wait for Xvfb: %w", err)
	}
	d := &Display{Name: ":" + number, stage: s}
	wm, err := s.Start(Command{Name: "openbox", Args: []string{"--sm-disable", "--startup", "echo openbox is ready"}, Env: d.env()})
	if err != nil {
		return nil, err
	}
	_, err = wm.WaitLine(ctx, func(line string) bool { return line == "openbox is ready" })
	return d, err
}

// AnotherDisplay is one more screen of the same person, as with VNC beside the desk.
// Programs are started on it by DISPLAY. The arguments in more go to Xvfb, as in
// "-extension", "GLX" for a screen without OpenGL.
func (s *Stage) AnotherDisplay(ctx context.Context, more ...string) (*Display, error) {
	return s.newDisplay(ctx, "1280x800", more...)
}

func (d *Display) env() []string { return []string{"DISPLAY=" + d.Name} }

func (s *Stage) framebufferDir() string { return filepath.Join(s.Dir, "screen") }

// readLine reads one line; the context ends the wait.
func readLine(ctx context.Context, f *os.File) (string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		if err := f.SetReadDeadline(deadline); err != nil {
			return "", err
		}
	}
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := f.Read(b)
		switch {
		case err != nil:
			return "", err
		case n == 1 && b[0] == '\n':
			return string(line), nil
		case n == 1:
			line = append(line, b[0])
		}
	}
}

// Window is a window on the display.
type Window struct {
	ID      string
	display *Display
}

// Window waits for a process's visible window.
func (d *Display) Window(ctx context.Context, of *Process) (*Window, error) {
	return d.window(ctx, of.name, "--all", "--pid", strconv.Itoa(of.PID()), "--name", ".")
}

// WindowNamed waits for a visible window with a matching title, if its process is not
// known.
func (d *Display) WindowNamed(ctx context.Context, title string) (*Window, error) {
	return d.window(ctx, title, "--name", title)
}

func (d *Display) window(ctx context.Context, what string, search ...string) (*Window, error) {
	out, err := d.xdotool(ctx, append([]string{"search", "--sync", "--onlyvisible"}, search...)...)
	if err != nil {
		return nil, fmt.Errorf("wait for the window of %s: %w", what, err)
	}
	ids := strings.Fields(out)
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s has no window", what)
	}
	return &Window{ID: ids[len(ids)-1], display: d}, nil
}

func (d *Display) xdotool(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	r, err := d.stage.Run(ctx, Command{Name: "xdotool", Args: args, Env: d.env()})
	if err != nil {
		return "", err
	}
	if r.Code != 0 {
		return "", fmt.Errorf("xdotool %s: exit %d: %s", args[0], r.Code, r.Tail)
	}
	return r.Stdout, nil
}

// Content is the place of the window's content on the screen, without its frame.
func (w *Window) Content(ctx context.Context) (image.Rectangle, error) {
	if err := Require("xwininfo"); err != nil {
		return image.Rectangle{}, err
	}
	r, err := w.display.stage.Run(ctx, Command{Name: "xwininfo", Args: []string{"-id", w.ID}, Env: append(w.display.env(), "LC_ALL=C")})
	if err != nil {
		return image.Rectangle{}, err
	}
	numbers := make(map[string]int)
	for line := range strings.SplitSeq(r.Stdout, "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
			numbers[name] = n
		}
	}
	x, y := numbers["Absolute upper-left X"], numbers["Absolute upper-left Y"]
	width, height := numbers["Width"], numbers["Height"]
	if width == 0 || height == 0 {
		return image.Rectangle{}, fmt.Errorf("where the window is: exit %d: %s", r.Code, r.Tail)
	}
	return image.Rect(x, y, x+width, y+height), nil
}

// Focus brings the window to the front and gives it the keyboard.
func (w *Window) Focus(ctx context.Context) error {
	_, err := w.display.xdotool(ctx, "windowactivate", "--sync", w.ID)
	return err
}

// Key presses keys, as X names them: "Tab", "Return", "ctrl+k".
func (w *Window) Key(ctx context.Context, keys ...string) error {
	_, err := w.display.xdotool(ctx, append([]string{"key", "--clearmodifiers", "--delay", "20"}, keys...)...)
	return err
}

// Type types a text where the focus is.
func (w *Window) Type(ctx context.Context, text string) error {
	_, err := w.display.xdotool(ctx, "type", "--clearmodifiers", "--delay", "20", text)
	return err
}

// pressAgain is how long a person waits before pressing a key again if it has done
// nothing.
const pressAgain = 5 * time.Second

// Close closes the window as a person does, and waits until it is gone. The window manager
// can give the keyboard to another window between the two steps of pressing a key on this
// one. Then the key does nothing, and is pressed again.
func (w *Window) Close(ctx context.Context) error {
	if err := w.pressClose(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	look, press := time.NewTicker(glance), time.NewTicker(pressAgain)
	defer look.Stop()
	defer press.Stop()
	for {
		r, err := w.display.stage.Run(ctx, Command{Name: "xdotool", Args: []string{"getwindowname", w.ID}, Env: w.display.env()})
		if err != nil {
			return fmt.Errorf("wait until the window is closed: %w", err)
		}
		if r.Code != 0 {
			return nil
		}
		select {
		case <-look.C:
		case <-press.C:
			_ = w.pressClose(ctx) // it fails if the window has just gone
		case <-ctx.Done():
			return fmt.Errorf("wait until the window is closed: %w", ctx.Err())
		}
	}
}

func (w *Window) pressClose(ctx context.Context) error {
	if err := w.Focus(ctx); err != nil {
		return err
	}
	return w.Key(ctx, "alt+F4")
}

// Click clicks at a point of the window's content, in pixels.
func (w *Window) Click(ctx context.Context, x, y int) error {
	_, err := w.display.xdotool(ctx, "mousemove", "--sync", "--window", w.ID, strconv.Itoa(x), strconv.Itoa(y), "click", "1")
	return err
}

// PointAway moves the pointer to a corner of the screen. There it points at nothing.
func (d *Display) PointAway(ctx context.Context) error {
	_, err := d.xdotool(ctx, "mousemove", "--sync", "0", "0")
	return err
}

// Minimise puts the window away, as a person does.
func (w *Window) Minimise(ctx context.Context) error {
	_, err := w.display.xdotool(ctx, "windowminimize", "--sync", w.ID)
	return err
}

// Resize makes the window's content this large.
func (w *Window) Resize(ctx context.Context, width, height int) error {
	_, err := w.display.xdotool(ctx, "windowsize", "--sync", w.ID, strconv.Itoa(width), strconv.Itoa(height))
	return err
}

// Picture writes the window's content to a PNG file.
func (w *Window) Picture(ctx context.Context, file string) error {
	return w.display.picture(ctx, w.ID, file)
}

// Settled waits until the window has stopped changing: until three looks at it, a
// moment apart, show the same. It is for pictures; a program's own answer is the better
// sign of its work.
func (w *Window) Settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	var last [sha256.Size]byte
	for same := 0; same < 2; {
		// Only pixels: a PNG file carries the time.
		r, err := w.display.stage.Run(ctx, Command{Name: "import", Args: []string{"-window", w.ID, "-format", "%#", "info:-"}, Env: w.display.env()})
		if err != nil {
			return fmt.Errorf("wait until the window stops changing: %w", err)
		}
		if r.Code != 0 {
			return fmt.Errorf("look at the window: exit %d: %s", r.Code, r.Tail)
		}
		now := sha256.Sum256([]byte(r.Stdout))
		if now == last {
			same++
		} else {
			same, last = 0, now
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until the window stops changing: %w", ctx.Err())
		}
	}
	return nil
}

// Picture writes the whole screen to a PNG file.
func (d *Display) Picture(ctx context.Context, file string) error {
	return d.picture(ctx, "root", file)
}

func (d *Display) picture(ctx context.Context, window, file string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	r, err := d.stage.Run(ctx, Command{Name: "import", Args: []string{"-window", window, file}, Env: d.env()})
	if err != nil {
		return err
	}
	if r.Code != 0 {
		return fmt.Errorf("take a picture: exit %d: %s", r.Code, r.Tail)
	}
	return nil
}
