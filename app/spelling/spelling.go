// Package spelling finds the name that somebody probably meant. It knows no names of
// its own.
package spelling

import "strings"

const maxName = 64

// Nearest is the name at most two slips away from word; "" for none. In a short word
// two slips would make another word, so there it allows one. Case does not count.
func Nearest(word string, names []string) string {
	word = strings.ToLower(word) // the small letters may take more bytes
	if len(word) > maxName {
		return ""
	}
	best, limit := "", 2
	if len(word) < 5 {
		limit = 1
	}
	for _, name := range names {
		lower := strings.ToLower(name)
		if len(lower) > len(word)+limit || len(word) > len(lower)+limit {
			continue // each byte too many is a slip
		}
		if d := slips(word, lower); d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}

// slips counts the letters added, left out, mistaken or swapped with their neighbour
// (the optimal string alignment distance). Neither text may have more than a few
// letters above maxName.
func slips(a, b string) int {
	// The table's row, and the two above it.
	var rows [3][maxName + 4]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, twoAbove := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differ := 1
			if a[i-1] == b[j-1] {
				differ = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+differ)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAbove[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
