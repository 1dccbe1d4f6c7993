package attachments

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"
)

const ada, bob = "p1", "p2"

func open(t *testing.T, p Params) *Folder {
	t.Helper()
	if p.Folder == "" {
		p.Folder = filepath.Join(t.TempDir(), "files")
	}
	f, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func digest(content string) *Digest {
	d := Digest(sha256.Sum256([]byte(content)))
	return &d
}

// send sends a body of this length, and what the caller adds to the upload.
func send(t *testing.T, f *Folder, owner string, id uuid.UUID, u Upload, content string) (Stored, bool, error) {
	t.Helper()
	w, err := f.Begin(owner, id)
	if err != nil {
		return Stored{}, false, err
	}
	defer w.End()
	u.Length = int64(len(content))
	if u.Body == nil {
		u.Body = strings.NewReader(content)
	}
	return w.Write(t.Context(), u)
}

func read(t *testing.T, f *Folder, owner string, id uuid.UUID) (string, error) {
	t.Helper()
	r, err := f.Open(owner, id)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return string(b), err
}

func TestAFileComesOutAsItWentIn(t *testing.T) {
	f := open(t, Params{})
	id := uuid.New()
	content := strings.Repeat("an error message\n", 10_000)
	s, complete, err := send(t, f, ada, id, Upload{Content: digest(content)}, content)
	if err != nil || !complete || s.Size != int64(len(content)) || s.Digest != *digest(content) || s.Type != "text/plain" {
		t.Fatalf("%+v, %v, %v", s, complete, err)
	}
	if got, err := read(t, f, ada, id); err != nil || got != content {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := read(t, f, bob, id); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("somebody else reads it: %v", err)
	}
}

func TestSomebodyElseWithTheSameIDWritesAnotherFile(t *testing.T) {
	f := open(t, Params{})
	id := uuid.New()
	for owner, content := range map[string]string{ada: "Ada's", bob: "Bob's"} {
		if _, _, err := send(t, f, owner, id, Upload{}, content); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := read(t, f, ada, id); got != "Ada's" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAnotherDigestIsRefusedAndNothingKept(t *testing.T) {
	f := open(t, Params{})
	id := uuid.New()
	for _, u := range []Upload{{Content: digest("other")}, {Whole: digest("other")}} {
		if _, complete, err := send(t, f, ada, id, u, "content"); !errors.Is(err, ErrDigest) || complete {
			t.Errorf("%v, %v", complete, err)
		}
	}
	if _, err := read(t, f, ada, id); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	// And a good one goes all the same.
	if _, complete, err := send(t, f, ada, id, Upload{Content: digest("content")}, "content"); err != nil || !complete {
		t.Error(complete, err)
	}
}

func TestAnUploadGoesOnAfterItBrokeOff(t *testing.T) {
	f := open(t, Params{})
	id := uuid.New()
	content := strings.Repeat("0123456789", 20_000)
	cut := errors.New("the connection is gone")
	broken := io.MultiReader(strings.NewReader(content[:70_000]), iotest.ErrReader(cut))
	if _, complete, err := send(t, f, ada, id, Upload{Whole: digest(content), Body: broken}, content); !errors.Is(err, cut) || complete {
		t.Fatalf("%v, %v", complete, err)
	}
	var at *OffsetError
	total := int64(len(content))
	if _, _, err := send(t, f, ada, id, Upload{Range: Range{Total: total, Asking: true}}, ""); !errors.As(err, &at) || at.Have != 70_000 {
		t.Fatalf("%v", err)
	}
	// A part at another place is told where to go on, and changes nothing.
	if _, _, err := send(t, f, ada, id, Upload{Range: Range{Begin: 60_000, Total: total}}, content[60_000:]); !errors.As(err, &at) || at.Have != 70_000 {
		t.Fatalf("%v", err)
	}
	if _, complete, err := send(t, f, ada, id, Upload{Range: Range{Begin: 70_000, Total: total}, Content: digest(content[70_000:100_000])}, content[70_000:100_000]); err != nil || complete {
		t.Fatalf("%v, %v", complete, err)
	}
	// A part with another digest is taken back, so that it can be sent again.
	if _, _, err := send(t, f, ada, id, Upload{Range: Range{Begin: 100_000, Total: total}, Content: digest("x")}, content[100_000:]); !errors.Is(err, ErrDigest) {
		t.Fatal(err)
	}
	s, complete, err := send(t, f, ada, id, Upload{Range: Range{Begin: 100_000, Total: total}, Whole: digest(content)}, content[100_000:])
	if err != nil || !complete || s.Digest != *digest(content) {
		t.Fatalf("%+v, %v, %v", s, complete, err)
	}
	if got, _ := read(t, f, ada, id); got != content {
		t.Error("another content than was sent")
	}
}

// Somebody has chosen another file meanwhile, under the same id.
func TestAnotherFileBeginsAnew(t *testing.T) {
	f := open(t, Params{})
	id := uuid.New()
	if _, complete, err := send(t, f, ada, id, Upload{Range: Range{Total: 100}}, strings.Repeat("a", 90)); err != nil || complete {
		t.Fatal(complete, err)
	}
	var at *OffsetError
	if _, _, err := send(t, f, ada, id, Upload{Range: Range{Total: 50, Asking: true}}, ""); !errors.As(err, &at) || at.Have != 0 {
		t.Fatalf("%v", err)
	}
	for begin, part := range []string{"b", "c"} {
		if _, complete, err := send(t, f, ada, id, Upload{Range: Range{Begin: int64(begin), Total: 2}}, part); err != nil || complete != (begin == 1) {
			t.Fatal(complete, err)
		}
	}
	if got, err := read(t, f, ada, id); got != "bc" {
		t.Errorf("%q, %v", got, err)
	}
}

// The program may end between the last byte and the file's place.
func TestAllBytesAreFinishedByAsking(t *testing.T) {
	p := Params{Folder: t.TempDir()}
	f := open(t, p)
	id := uuid.New()
	if err := os.WriteFile(filepath.Join(p.Folder, partial, id.String()+"."+ada), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, complete, err := send(t, f, ada, id, Upload{Range: Range{Total: 7, Asking: true}, Whole: digest("content")}, ""); err != nil || !complete {
		t.Fatal(complete, err)
	}
	if got, err := read(t, f, ada, id); got != "content" {
		t.Error(got, err)
	}
}

func TestLengthsAreKeptTo(t *testing.T) {
	f := open(t, Params{Limit: 10})
	for name, c := range map[string]struct {
		u    Upload
		body string
		want error
	}{
		"as long as allowed":        {Upload{Length: 10}, "0123456789", nil},
		"none":                      {Upload{Length: 0}, "", nil},
		"too long":                  {Upload{Length: 11}, "0123456789a", ErrTooLarge},
		"too long as a whole":       {Upload{Length: 5, Range: Range{Begin: 0, Total: 11}}, "01234", ErrTooLarge},
		"unknown":                   {Upload{Length: -1}, "x", ErrLength},
		"more than said":            {Upload{Length: 3}, "0123", ErrLength},
		"less than said":            {Upload{Length: 5}, "0123", ErrLength},
		"a part shorter than said":  {Upload{Length: 5, Range: Range{Total: 10}}, "0123", ErrLength},
		"behind its end":            {Upload{Length: 5, Range: Range{Begin: 6, Total: 10}}, "01234", ErrLength},
		"before its begin":          {Upload{Length: 5, Range: Range{Begin: -1, Total: 10}}, "01234", ErrLength},
		"a sum beyond all integers": {Upload{Length: 5, Range: Range{Begin: 1<<63 - 3, Total: 10}}, "01234", ErrLength},
	} {
		w, err := f.Begin(ada, uuid.New())
		if err != nil {
			t.Fatal(err)
		}
		c.u.Body = strings.NewReader(c.body)
		if _, _, err := w.Write(t.Context(), c.u); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		w.End()
	}
}

func TestTypesAreFoundInTheContent(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "word/document.xml"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	exe := "MZ" + strings.Repeat("\x00", 58) + "\x40\x00\x00\x00PE\x00\x00" + strings.Repeat("\x00", 100)
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 20)
	const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	for _, c := range []struct {
		types         []string
		content, want string
		taken         bool
	}{
		{nil, png, "image/png", true},
		{nil, packed.String(), word, true},
		{nil, "<html><script>alert(1)</script></html>", "text/html", true},
		{nil, exe, "application/vnd.microsoft.portable-executable", false},
		{nil, "\x7fELF" + strings.Repeat("\x00", 60), "application/x-elf", false},
		{[]string{"image/*", "application/pdf"}, png, "image/png", true},
		{[]string{"image/*", "application/pdf"}, "%PDF-1.7 ", "application/pdf", true},
		{[]string{"image/*"}, "<svg onload=x>not a picture", "text/plain", false},
		{[]string{"image/*"}, "", "text/plain", false},
		{[]string{word}, packed.String(), word, true},
	} {
		f := open(t, Params{Types: c.types})
		id := uuid.New()
		s, complete, err := send(t, f, ada, id, Upload{}, c.content)
		var kind *TypeError
		if c.taken && (err != nil || !complete || s.Type != c.want) || !c.taken && (!errors.As(err, &kind) || kind.Type != c.want || complete) {
			t.Errorf("%.20q, of which %v are taken: %+v, %v, want %s", c.content, c.types, s, err, c.want)
		}
		if left, _ := fs.Glob(f.root.FS(), "partial/*"); len(left) > 0 {
			t.Errorf("%.20q leaves %v", c.content, left)
		}
	}
	for _, bad := range []string{"", "pdf", "*/*", "/x", "image/", "text/html; charset=utf-8"} {
		if _, err := (Params{Folder: t.TempDir(), Types: []string{bad}}).Open(); err == nil {
			t.Errorf("the type %q is taken", bad)
		}
	}
}

// An archive of a gigabyte is a kilobyte that nobody unpacks.
func TestAnArchiveIsOnlyBytes(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	w, err := z.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, io.LimitReader(zeros{}, 64<<20)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	f := open(t, Params{Limit: 1 << 20})
	s, complete, err := send(t, f, ada, uuid.New(), Upload{}, packed.String())
	if err != nil || !complete || s.Type != "application/zip" || s.Size != int64(packed.Len()) {
		t.Errorf("%+v, %v, %v", s, complete, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestOneWritesAtATime(t *testing.T) {
	f := open(t, Params{})
	id := uuid.New()
	first, err := f.Begin(ada, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Begin(ada, id); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	if other, err := f.Begin(bob, id); err != nil {
		t.Errorf("%v", err)
	} else {
		other.End()
	}
	first.End()
	if again, err := f.Begin(ada, id); err != nil {
		t.Errorf("%v", err)
	} else {
		again.End()
	}
}

func TestAnEndedRequestIsNotReadOn(t *testing.T) {
	f := open(t, Params{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w, err := f.Begin(ada, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	defer w.End()
	if _, _, err := w.Write(ctx, Upload{Length: 1, Body: strings.NewReader("x")}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOwnersCannotLeadElsewhere(t *testing.T) {
	f := open(t, Params{})
	for _, owner := range []string{"", "../x", "a/b", `a\b`, "a.b", "a\x00", strings.Repeat("a", 65)} {
		if _, err := f.Begin(owner, uuid.New()); err == nil {
			t.Errorf("%q may write", owner)
		}
		if _, err := f.Open(owner, uuid.New()); err == nil {
			t.Errorf("%q may read", owner)
		}
	}
}

func TestSweepRemovesWhatNobodyKnows(t *testing.T) {
	p := Params{Folder: t.TempDir()}
	f := open(t, p)
	now := time.Now()
	known, unknown, young, part, open := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for _, id := range []uuid.UUID{known, unknown, young, open} {
		if _, _, err := send(t, f, ada, id, Upload{}, id.String()); err != nil {
			t.Fatal(err)
		}
	}
	if _, complete, err := send(t, f, ada, part, Upload{Range: Range{Total: 100}}, "begun"); err != nil || complete {
		t.Fatal(complete, err)
	}
	old := now.Add(-8 * 24 * time.Hour)
	for _, id := range []uuid.UUID{known, unknown, open} {
		if err := os.Chtimes(filepath.Join(p.Folder, filepath.FromSlash(placeOf(id.String()+"."+ada, id))), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(p.Folder, partial, part.String()+"."+ada), old, old); err != nil {
		t.Fatal(err)
	}
	w, err := f.Begin(ada, open)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.Sweep(t.Context(), now.Add(-7*24*time.Hour), func(owner string, id uuid.UUID) (bool, error) {
		if owner != ada || id == part || id == open {
			t.Errorf("asked for %s of %s", id, owner)
		}
		return id == known, nil
	})
	w.End()
	if n != 2 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	for id, there := range map[uuid.UUID]bool{known: true, young: true, open: true, unknown: false} {
		if _, err := read(t, f, ada, id); (err == nil) != there {
			t.Errorf("%s: %v", id, err)
		}
	}
	if left, _ := fs.Glob(f.root.FS(), "partial/*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAFolderCanTakeNoFiles(t *testing.T) {
	p := Params{Folder: t.TempDir(), Limit: -1}
	f, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if f.Limit() != 0 {
		t.Errorf("the limit is %d", f.Limit())
	}
	if _, _, err := send(t, f, ada, uuid.New(), Upload{}, "x"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a file of one byte: %v", err)
	}
}
