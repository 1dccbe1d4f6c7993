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
	painter   = "internal/painter/"
)

// changes are all the changes to Fyne's own files.
func changes() []change { return slices.Concat(resting(), blinking(), reading(), compiling()) }

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

// reading has the fonts behind the theme's read when a letter is missing there, in the
// same order: those for emoji and symbols, and the system's for the person's language.
func reading() []change {
	file := painter + "font.go"
	return []change{
		{file, "\t\tfaces.addFace(loadMeasureFont(added))\n", "\t\tfaces.later = append(faces.later, func() *font.Face { return loadMeasureFont(added) })\n"},
		{
			file, "\tlocal := lookupLangFont(family, aspect)\n\tif local != nil {\n\t\tfaces.addFace(local)\n\t}\n",
			"\tfaces.later = append(faces.later, func() *font.Face { return lookupLangFont(family, aspect) })\n",
		},
		{file, "\tfaces  []*font.Face\n\tfamily string\n", "\tfaces  []*font.Face\n\tlater  []func() *font.Face // those behind them, not read yet\n\tfamily string\n"},
		{file, "\ttoAdd := lookupRuneFont(r, d.family, font.Aspect{})\n", "\tif f := d.read(r); f != nil {\n\t\treturn f\n\t}\n\n\ttoAdd := lookupRuneFont(r, d.family, font.Aspect{})\n"},
	}
}

// compiling has a shader that the first frame of most programs does without compiled
// when it is used.
func compiling() []change {
	file := painter + "gl/"
	all := []change{
		{file + "painter.go", "\tref        Program\n", "\tref        Program\n\tshader     string // what ref is to be compiled from, \"\" once it is\n"},
		{file + "draw.go", "\tp.ctx.UseProgram(p.blurProgram.ref)\n", "\tp.ctx.UseProgram(p.compiled(&p.blurProgram).ref)\n"},
		{file + "draw.go", "\tp.ctx.UseProgram(p.lineProgram.ref)\n", "\tp.ctx.UseProgram(p.compiled(&p.lineProgram).ref)\n"},
	}
	for _, field := range []string{"polygon", "arc", "bezierCurve", "arbitraryPolygon", "ellipse"} {
		use := "\tprogram := p." + field + "Program\n"
		all = append(all, change{file + "draw.go", use, strings.NewReplacer("p.", "p.compiled(&p.", "Program", "Program)").Replace(use)})
	}
	for _, shader := range []string{"blur", "line", "polygon", "arc", "bezier_curve", "arbitrary_polygon", "ellipse"} {
		for _, init := range []struct{ file, suffix string }{{"gl_core.go", ""}, {"gl_es.go", "_es"}} {
			name := fmt.Sprintf("%q", shader+init.suffix)
			all = append(all, change{file + init.file, "\t\tref:        p.createProgram(" + name + "),\n", "\t\tshader:     " + name + ",\n"})
		}
	}
	return all
}

//go:embed rest.go.txt
var restFile string

//go:embed running.go.txt
var runningMethod string

//go:embed later.go.txt
var laterMethod string

//go:embed compiled.go.txt
var compiledMethod string

// added are the files that Fyne gets.
func added() map[string]string {
	return map[string]string{
		driver + "loop_rest.go": restFile, animation + "running.go": runningMethod,
		painter + "font_later.go": laterMethod, painter + "gl/compiled.go": compiledMethod,
	}
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
