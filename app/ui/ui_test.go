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
	err := withoutChatter(func() error {
		log.Println("Fyne error: GLFW")
		return ErrNoWindow
	})
	if !errors.Is(err, ErrNoWindow) || !strings.Contains(err.Error(), "Fyne error: GLFW") {
		t.Errorf("the error is %v", err)
	}
	if printed.Len() > 0 {
		t.Errorf("it prints %q", printed.String())
	}
	err = withoutChatter(func() error {
		log.Println("a shortcut is taken")
		return nil
	})
	if err != nil || !strings.Contains(printed.String(), "a shortcut is taken") {
		t.Errorf("%v, and it prints %q", err, printed.String())
	}
}
