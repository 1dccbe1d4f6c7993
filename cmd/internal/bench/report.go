//go:build linux

package main

import (
	"cmp"
	"strings"
)

// comparison is a figure of both builds.
type comparison struct {
	quantity
	ours, theirs []float64
}

// absence is a figure that the other build does not have.
type absence struct{ figure, why string }

// spreads writes a table of one quantity, the i-th of the values: everybody who was
// measured, and the ratios. floor is the name of what came after each build.
func (b *bench) spreads(q quantity, i int, all []samples, floor string) {
	b.say("| | min | median | max |\n|---|---|---|---|")
	row := func(name string, values []float64, digits int) {
		s := spreadOf(values)
		b.say("| %s | %s | %s | %s |", name, number(s.least, digits), number(s.median, digits), number(s.most, digits))
	}
	unit := ", " + q.unit
	var floors []float64
	for _, s := range all {
		if s.missing == nil {
			row(s.name+unit, column(s.rounds, i), q.digits)
			floors = append(floors, column(s.floor, i)...)
		}
	}
	row(floor+unit, floors, q.digits)
	aim := ""
	if q.aim != "" {
		aim = " (aim " + q.aim + ")"
	}
	ours := ofThis(all)
	row("ratio"+aim, ratios(column(ours.rounds, i), column(ours.floor, i)), 2)
	if theirs := ofOther(all); theirs != nil {
		row("ratio"+suffix(true), ratios(column(theirs.rounds, i), column(theirs.floor, i)), 2)
		row("this build to the other one", ratios(column(ours.rounds, i), column(theirs.rounds, i)), 2)
	}
	b.compare(q, i, all)
}

// compare keeps a figure of both builds for the end of the report.
func (b *bench) compare(q quantity, i int, all []samples) {
	for _, s := range all {
		if s.missing != nil {
			b.missing = append(b.missing, absence{q.name, oneLine(s.missing)})
		}
	}
	if theirs := ofOther(all); theirs != nil {
		b.compared = append(b.compared, comparison{q, column(ofThis(all).rounds, i), column(theirs.rounds, i)})
	}
}

// summary writes both builds side by side.
func (b *bench) summary() {
	b.say("\n## This build against the other one\n")
	b.say("The other one is %s. Ratios are of the pairs; below 1 this build needs less. The range holds the", b.builds[1].from)
	b.say("true median with a probability of 95 %%, and is not there for fewer than six pairs.\n")
	b.say("| | this build | the other | ratio, median | range | min | max |\n|---|---|---|---|---|---|---|")
	for _, c := range b.compared {
		r := ratios(c.ours, c.theirs)
		s := spreadOf(r)
		digits := cmp.Or(c.ratioDigits, 2)
		median := ""
		if from, to, ok := within(r); ok {
			median = number(from, digits) + "–" + number(to, digits)
		}
		b.say("| %s, %s | %s | %s | %s | %s | %s | %s |", c.name, c.unit, c.format(spreadOf(c.ours).median), c.format(spreadOf(c.theirs).median),
			number(s.median, digits), median, number(s.least, digits), number(s.most, digits))
	}
	b.say("\nPair by pair:\n")
	for _, c := range b.compared {
		b.say("* %s: %s", c.name, numbers(ratios(c.ours, c.theirs), cmp.Or(c.ratioDigits, 2)))
	}
	if len(b.missing) == 0 {
		return
	}
	b.say("\nMissing, because the other build could not be measured:\n")
	for _, line := range byReason(b.missing) {
		b.say("* %s", line)
	}
}

// byReason writes figures that are missing for the same reason on one line.
func byReason(missing []absence) []string {
	var reasons []string
	figures := make(map[string][]string)
	for _, m := range missing {
		if figures[m.why] == nil {
			reasons = append(reasons, m.why)
		}
		figures[m.why] = append(figures[m.why], m.figure)
	}
	for i, why := range reasons {
		reasons[i] = strings.Join(figures[why], "; ") + ": " + why
	}
	return reasons
}

// oneLine is an error for a list: what programs have said may be long.
func oneLine(err error) string {
	const most = 300
	text := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return string(text)
}
