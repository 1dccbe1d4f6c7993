package kit

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReaderShowsWhatCannotBeSeen(t *testing.T) {
	got := broken("a\tb\r\n\x1b[31m\x00\u009bc\n"+strings.Repeat("ä", 25)+"\n\n", 20)
	want := []string{"a    b", "·[31m··c", strings.Repeat("ä", 20), strings.Repeat("ä", 5), ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
