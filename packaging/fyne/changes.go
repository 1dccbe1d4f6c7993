package main

import (
	_ "embed"
	"fmt"
	"slices"
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
func changes() []change { return slices.Concat(resting(), blinking()) }

// resting has the loop wait for events while nothing happens.
func resting() []change {
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

// blinking has a cursor stand still when nobody has typed for a while: as long as it
// blinks, the loop does not rest.
func blinking() []change {
	file := "widget/entry_cursor_anim.go"
	return []change{
		{file, "\tcursorFadeRatio         = float32(0.2)\n", "\tcursorFadeRatio         = float32(0.2)\n\tcursorBlinkDuration     = 10 * time.Second // GTK's; Windows has 5 s\n"},
		{file, "\tlastInterruptTime time.Time\n", "\tlastInterruptTime time.Time\n\tblinksSince       time.Time\n\tstill             bool // it has blinked for long enough\n"},
		{
			file, "\tanim := fyne.NewAnimation(time.Second/2, func(f float32) {\n",
			"\tanim := fyne.NewAnimation(time.Second/2, func(f float32) {\n" +
				"\t\tif timeNow().Sub(a.blinksSince) > cursorBlinkDuration {\n\t\t\ta.anim.Stop()\n\t\t\ta.still = true\n" +
				"\t\t\ta.cursor.FillColor = opaqueColor\n\t\t\ta.cursor.Refresh()\n\t\t\treturn\n\t\t}\n",
		},
		{file, "\t\ta.anim = a.createAnim()\n", "\t\ta.blinksSince, a.still = timeNow(), false\n\t\ta.anim = a.createAnim()\n"},
		{
			file, "\ta.lastInterruptTime = timeNow()\n",
			"\ta.lastInterruptTime = timeNow()\n\ta.blinksSince = a.lastInterruptTime\n\tif a.still && a.anim != nil {\n\t\ta.still = false\n\t\ta.anim.Start()\n\t}\n",
		},
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
