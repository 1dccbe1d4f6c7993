package drawing

import (
	"math"
	"strconv"
	"strings"

	"github.com/portico-desktop/portico/app/picture"
)

// maxNumber bounds every number of a drawing.
const maxNumber = 1e5

// checkNumbers wants finite numbers of a sensible size in an attribute, or in the
// declarations of a style.
func checkNumbers(name, value string) error {
	if strings.EqualFold(name, "style") {
		return checkDeclarations(value)
	}
	if isWords(strings.ToLower(name)) || isWords(name) {
		return nil
	}
	lower := strings.ToLower(value)
	// Parsers take these for numbers.
	if strings.Contains(lower, "inf") || strings.Contains(lower, "nan") || strings.Contains(lower, "0x") {
		return picture.Refuse("has %s=%q, which is no number", name, shortened(value))
	}
	for len(value) > 0 {
		n := numberLength(value)
		if n == 0 {
			value = value[1:]
			continue
		}
		number, err := strconv.ParseFloat(value[:n], 64)
		if err != nil || math.Abs(number) > maxNumber {
			return picture.Refuse("has the number %s in %s; at most %g is possible", shortened(value[:n]), name, maxNumber)
		}
		value = value[n:]
	}
	return nil
}

// checkDeclarations is checkNumbers for declarations as in "fill:#fff;stroke-width:2".
func checkDeclarations(style string) error {
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, ok := strings.Cut(declaration, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); !ok || !isStyle(name) {
			continue
		}
		if err := checkNumbers(name, value); err != nil {
			return err
		}
	}
	return nil
}

// checkSheet is checkNumbers for the rules of a style sheet.
func checkSheet(sheet string) error {
	for rule := range strings.SplitSeq(sheet, "}") {
		_, declarations, _ := strings.Cut(rule, "{")
		if err := checkDeclarations(declarations); err != nil {
			return err
		}
	}
	return nil
}

// numberLength is the length of the number at the beginning of s, without a sign; 0 for
// none.
func numberLength(s string) int {
	digits := func(from int) int {
		for from < len(s) && s[from] >= '0' && s[from] <= '9' {
			from++
		}
		return from
	}
	end := digits(0)
	whole := end
	if end < len(s) && s[end] == '.' {
		end = digits(end + 1)
		if end == whole+1 && whole == 0 {
			return 0 // a point alone
		}
	}
	if end == 0 {
		return 0
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		from := end + 1
		if from < len(s) && (s[from] == '+' || s[from] == '-') {
			from++
		}
		if after := digits(from); after > from {
			return after
		}
	}
	return end
}

// shortened is a part of a drawing for an error.
func shortened(s string) string {
	const longest = 40
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}
