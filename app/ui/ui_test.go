package ui

import (
	"bytes"
	"errors"
	"log"
	"strings"
	"testing"
)

func TestWhatFynePrintsIsKeptBackWhereNoWindowOpens(t *testing.T) {
	var printed bytes.Buffer
	before := log.Writer()
	log.SetOutput(&printed)
	defer log.SetOutput(before)
	err := withoutChatter(func(*chatter) error {
		log.Println("Fyne error:  window creation error")
		log.Println("  Cause: GLX: Forward compatibility requested")
		log.Printf("  At: %s:%d", "/home/somebody/fyne/driver.go", 180)
		return ErrNoWindow
	})
	if !errors.Is(err, ErrNoWindow) || Reason(err) != "window creation error: GLX: Forward compatibility requested" {
		t.Errorf("the error is %v", err)
	}
	if printed.Len() > 0 {
		t.Errorf("it prints %q", printed.String())
	}
	err = withoutChatter(func(*chatter) error {
		log.Println("a shortcut is taken")
		return nil
	})
	if err != nil || !strings.Contains(printed.String(), "a shortcut is taken") {
		t.Errorf("%v, and it prints %q", err, printed.String())
	}
}
