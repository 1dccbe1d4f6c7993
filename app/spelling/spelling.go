// Package spelling finds the name that somebody probably meant. It knows no names
// of its own.
package spelling

import "strings"

const maxName = 64

// Nearest is the name that differs from word by at most two slips, or by one where
// the word is so short that two would make another one of it; "" for none. Case
// does not count.
func Nearest(word string, names []string) string {
	if len(word) > maxName {
		return ""
	}
	best, limit := "", 2
	if len(word) < 5 {
		limit = 1
	}
	word = strings.ToLower(word)
	for _, name := range names {
		if len(name) > len(word)+limit || len(word) > len(name)+limit {
			continue // each of them is a slip
		}
		if d := slips(word, strings.ToLower(name)); d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}

// slips counts the letters that were added, left out, mistaken or swapped with
// their neighbour (the optimal string alignment distance).
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			differ := 1
			if a[i-1] == b[j-1] {
				differ = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+differ)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
