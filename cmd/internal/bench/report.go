//go:build linux

package main

import (
	"cmp"
	"fmt"
	"strings"
)

// comparison is a figure of both builds.
type comparison struct {
	quantity
	ours, theirs []float64
}

// absence is a figure that the other build does not have.
type absence struct{ figure, why string }

// spreads writes a table of one quantity, the i-th of the values: all the contenders,
// their ratio to the floor, and this build's ratio to them. floor is the name of the
// measurement after each of them, "" for none.
func (b *bench) spreads(q quantity, i int, all []samples, floor string) {
	ours := ofThis(all)
	head, line := "| %s | min | median | max |", "|---|---|---|---|"
	if floor != "" {
		head, line = head+" to "+floor+" |", line+"---|"
	}
	b.say(head+" this build to it |\n"+line+"---|", q.unit)
	row := func(name string, values []float64, ratios ...string) {
		s := spreadOf(values)
		b.say("| %s | %s | %s | %s | %s |", name, q.format(s.least), q.format(s.median), q.format(s.most), strings.Join(ratios, " | "))
	}
	var floors, beside []float64
	for n := range all {
		s := &all[n]
		if s.missing != nil {
			continue
		}
		var columns []string
		if floor != "" {
			columns = append(columns, spreadWords(ratios(column(s.rounds, i), column(s.floor, i))))
		}
		if s == ours {
			columns = append(columns, "")
		} else {
			columns = append(columns, spreadWords(ratios(column(ours.rounds, i), column(s.rounds, i))))
		}
		row(s.name, column(s.rounds, i), columns...)
		floors = append(floors, column(s.floor, i)...)
	}
	if floor != "" {
		beside = ratios(column(ours.rounds, i), column(ours.floor, i))
		row(floor, floors, "1", spreadWords(beside))
	}
	if q.aim != "" {
		b.say("\nAim: %s.", q.aim)
	}
	b.left(all)
	b.compare(q, i, all)
}

// spreadWords is the median of ratios and how far they lie apart.
func spreadWords(ratios []float64) string {
	s := spreadOf(ratios)
	return fmt.Sprintf("%s (%s–%s)", number(s.median, 2), number(s.least, 2), number(s.most, 2))
}

// table writes the medians of several quantities, a row for each contender.
func (b *bench) table(qs []quantity, all []samples) {
	head, line := "| |", "|---|"
	for _, q := range qs {
		head, line = head+" "+q.name+", "+q.unit+" |", line+"---|"
	}
	b.say("%s\n%s", head, line)
	for _, s := range all {
		if s.missing != nil {
			continue
		}
		row := "| " + s.name + " |"
		for i, q := range qs {
			row += " " + q.format(spreadOf(column(s.rounds, i)).median) + " |"
		}
		b.say("%s", row)
	}
	row, aims := "| aim |", false
	for _, q := range qs {
		row, aims = row+" "+q.aim+" |", aims || q.aim != ""
	}
	if aims {
		b.say("%s", row)
	}
	b.left(all)
}

// left names the missing ones, and the reason.
func (b *bench) left(all []samples) {
	for _, s := range all {
		if s.missing != nil {
			b.say("\nNot measured: %s: %s.", s.name, strings.TrimRight(b.oneLine(s.missing), "."))
		}
	}
}

// compare keeps a figure of both builds for the end of the report.
func (b *bench) compare(q quantity, i int, all []samples) {
	for _, s := range all {
		if s.missing != nil && s.other && !s.optional {
			b.missing = append(b.missing, absence{q.name, b.oneLine(s.missing)})
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
	b.say("true median with a probability of 95 %%, and is not there for fewer than six pairs: a difference is real where it leaves 1 out. A build measured")
	b.say("against a copy of itself shows how quiet the machine is.\n")
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

// byReason writes figures missing for the same reason on one line.
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

// oneLine is an error for a list: programs' own messages may be long, and this run's
// and the checkout's paths are nothing for a report.
func (b *bench) oneLine(err error) string {
	const most = 300
	said := err.Error()
	for _, dir := range []string{b.dir, b.root} {
		if dir != "" {
			said = strings.ReplaceAll(said, dir+"/", "")
		}
	}
	text := []rune(strings.Join(strings.Fields(said), " "))
	if len(text) > most {
		text = append(text[:most], '…')
	}
	return string(text)
}
