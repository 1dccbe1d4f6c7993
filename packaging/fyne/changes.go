package main

import (
	_ "embed"
	"fmt"
	"strings"
)

// change puts something in the place of an anchor: lines found exactly once in a file
// of Fyne's.
type change struct{ file, anchor, now string }

const (
	driver    = "internal/driver/glfw/"
	animation = "internal/animation/"
)

// changes are all the changes to Fyne's own files.
func changes() []change {
	return []change{
		{driver + "loop.go", "\t\tfuncQueue.In() <- funcData{f: f, done: done}\n", "\t\tqueueing()\n\t\tfuncQueue.In() <- funcData{f: f, done: done}\n"},
		{driver + "loop.go", "\t\tfuncQueue.In() <- funcData{f: f}\n", "\t\tqueueing()\n\t\tfuncQueue.In() <- funcData{f: f}\n"},
		{driver + "loop.go", "\t\tcase f := <-funcQueue.Out():\n\t\t\tf.f()\n", "\t\tcase f := <-funcQueue.Out():\n\t\t\tdequeued()\n\t\t\tf.f()\n"},
		{driver + "loop.go", "\t\tcase <-eventTick.C:\n\t\t\td.pollEvents()\n", "\t\tcase <-eventTick.C:\n\t\t\td.awaitEvents(eventTick)\n"},
		{driver + "loop.go", "func (d *gLDriver) repaintWindow(w *window) bool {\n", "func (d *gLDriver) repaintWindow(w *window) bool {\n\tquiet = 0\n"},
		{driver + "animation.go", "\td.animation.Start(a)\n", "\td.animation.Start(a)\n\twake()\n"},
		{driver + "driver.go", "\t\tclose(d.done)\n", "\t\tclose(d.done)\n\t\twake()\n"},
	}
}

//go:embed rest.go.txt
var restFile string

//go:embed running.go.txt
var runningMethod string

// added are the files that Fyne gets.
func added() map[string]string {
	return map[string]string{driver + "loop_rest.go": restFile, animation + "running.go": runningMethod}
}

// apply makes a file's changes, and returns their number.
//
// Errors: an anchor that is missing, or there more than once.
func apply(file, text string) (changed string, made int, err error) {
	for _, c := range changes() {
		if c.file != file {
			continue
		}
		if n := strings.Count(text, c.anchor); n != 1 {
			return "", 0, fmt.Errorf("%s has %d times what stands there once in the Fyne that this was made for: %q", file, n, c.anchor)
		}
		text = strings.Replace(text, c.anchor, c.now, 1)
		made++
	}
	return text, made, nil
}
