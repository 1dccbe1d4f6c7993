package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a new terminal: what the person sits at, and
// what a program has.
func openTerminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

func TestATerminalShowsWhatIsTypedExceptSecrets(t *testing.T) {
	person, program := openTerminal(t)
	if !isTerminal(program) {
		t.Fatal("a terminal is not taken for one")
	}
	write := func(line string) {
		t.Helper()
		if _, err := fmt.Fprintln(person, line); err != nil {
			t.Fatal(err)
		}
	}
	in := bufio.NewReader(program)
	read := func(want string) {
		t.Helper()
		if got, err := readLine(in); err != nil || got != want {
			t.Fatalf("read %q, %v, want %q", got, err, want)
		}
	}
	show, err := hideTyping(program)
	if err != nil {
		t.Fatal(err)
	}
	write("s3cret")
	read("s3cret")
	show()
	write("plain")
	read("plain")
	screen, err := bufio.NewReader(person).ReadString('\n')
	if err != nil || strings.Contains(screen, "s3cret") || !strings.Contains(screen, "plain") {
		t.Errorf("the screen shows %q, %v", screen, err)
	}
}

func TestATerminalHandsOverLongLines(t *testing.T) {
	person, program := openTerminal(t)
	restore, err := takeLongLines(program)
	if err != nil {
		t.Fatal(err)
	}
	defer restore()
	address := "http://localhost:4711/?code=" + strings.Repeat("x", 9000)
	go func() {
		// What the terminal shows has to be read, or it takes no more.
		_, _ = io.Copy(io.Discard, person)
	}()
	if _, err := fmt.Fprintln(person, address); err != nil {
		t.Fatal(err)
	}
	if got, err := readLine(bufio.NewReader(program)); err != nil || got != address {
		t.Fatalf("read %d characters of %d, %v", len(got), len(address), err)
	}
}

func TestTheWidthOfATerminal(t *testing.T) {
	_, program := openTerminal(t)
	if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for name, tc := range map[string]struct {
		file *os.File
		term string
		want int
	}{
		"a terminal":            {program, "xterm", 80},
		"one without colours":   {program, "dumb", 0},
		"one that says nothing": {program, "", 0},
		"no terminal":           {null, "xterm", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TERM", tc.term)
			if got := columns(tc.file); got != tc.want {
				t.Errorf("%d columns, want %d", got, tc.want)
			}
		})
	}
}
