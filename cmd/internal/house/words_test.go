package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mostRelatives is the share of relative words in a folder's comments, in percent. Above
// it comments need two readings: relative clause in relative clause, and no noun for the
// thing meant.
const mostRelatives = 2.5

var (
	anyWord      = regexp.MustCompile(`[A-Za-z][A-Za-z'’]*`)
	relativeWord = []string{"what", "that", "which", "whom", "who", "whose", "whether", "where"}
)

// Comments are read more often than written: short plain sentences, a noun for each thing.
func TestCommentsHaveFewRelativeClauses(t *testing.T) {
	words, relatives := map[string]int{}, map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(rel)
		for _, comment := range file.Comments {
			for _, word := range anyWord.FindAllString(comment.Text(), -1) {
				words[folder]++
				if slices.Contains(relativeWord, strings.ToLower(word)) {
					relatives[folder]++
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(words) < 40 {
		t.Fatalf("only %d folders were found: this test looks in the wrong place", len(words))
	}
	for folder, n := range words {
		share := 100 * float64(relatives[folder]) / float64(n)
		if n >= 200 && share > mostRelatives {
			t.Errorf("%.1f %% of the words in the comments of %s are one of %s; at most %.1f %% may be.\n"+
				"Shorter sentences, and a noun for the thing meant, need fewer.", share, folder, strings.Join(relativeWord, ", "), mostRelatives)
		}
		t.Logf("%5.2f %% of %5d words: %s", share, n, folder)
	}
}
