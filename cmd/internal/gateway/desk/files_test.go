package desk

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
)

func TestAFileIsPutOnce(t *testing.T) {
	r := newRig(t)
	id := uuid.New()
	a, err := r.put(r.ada, id, `..\..\CON.txt`, "content")
	if err != nil || a.Status != 201 || a.Body.(api.File) != (api.File{ID: id.String(), Name: "_CON.txt", Size: 7, Type: "text/plain"}) {
		t.Fatalf("%+v, %v", a, err)
	}
	if a, err := r.put(r.ada, id, "other.txt", "content"); err != nil || a.Status != 200 || a.Body.(api.File).Name != "_CON.txt" {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = r.put(r.ada, id, "a.txt", "other content")
	wantCode(t, "another content", err, "409 attachment-conflict")
	_, err = r.put(r.ben, id, "a.txt", "content")
	wantCode(t, "somebody else", err, "404 not-found")
	if got, err := r.readFile(r.ada, id.String()); got != "content" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := r.readFile(r.ada, strings.ToUpper(id.String())); got != "content" {
		t.Errorf("in capitals: %q, %v", got, err)
	}
}

func TestWhatIsWrongWithAFileIsSaid(t *testing.T) {
	r := newRig(t)
	sum := func(text string) *attachments.Digest {
		d := attachments.Digest(sha256.Sum256([]byte(text)))
		return &d
	}
	put := func(u attachments.Upload, text string) error {
		if u.Length == 0 {
			u.Length = int64(len(text))
		}
		u.Body = strings.NewReader(text)
		_, err := r.Attach(t.Context(), r.ada, uuid.New(), "a", u)
		return err
	}
	program := "MZ" + strings.Repeat("\x00", 58) + "\x40\x00\x00\x00PE\x00\x00" + strings.Repeat("\x00", 100)
	wantCode(t, "no digest", put(attachments.Upload{}, "x"), "422 digest")
	wantCode(t, "another digest", put(attachments.Upload{Content: sum("y")}, "x"), "422 digest")
	wantCode(t, "a program", put(attachments.Upload{Content: sum(program)}, program), "415 wrong-type")
	wantCode(t, "too long", put(attachments.Upload{Length: 1<<20 + 1, Content: sum("x")}, "x"), "413 too-large")
	wantCode(t, "longer than said", put(attachments.Upload{Length: 1, Content: sum("x")}, "xy"), "400 bad-request")
	err := put(attachments.Upload{Range: attachments.Range{Begin: 3, Total: 5}, Whole: sum("01234")}, "34")
	wantCode(t, "a part without its beginning", err, "409 incomplete")
	if p := asProblem(err); p.Offset == nil || *p.Offset != 0 {
		t.Errorf("%+v", p)
	}
}

func TestAFileComesInParts(t *testing.T) {
	r := newRig(t)
	id, text := uuid.New(), "0123456789"
	whole := attachments.Digest(sha256.Sum256([]byte(text)))
	put := func(who *Person, begin int64, part string) (Answer, error) {
		return r.Attach(t.Context(), who, id, "a.txt", attachments.Upload{Range: attachments.Range{Begin: begin, Total: 10, Asking: part == ""}, Length: int64(len(part)), Whole: &whole, Body: strings.NewReader(part)})
	}
	if a, err := put(r.ada, 0, text[:4]); err != nil || a.Status != 202 {
		t.Fatalf("%+v, %v", a, err)
	}
	// Nobody else can go on with it, or learn of it.
	_, err := put(r.ben, 0, "")
	wantCode(t, "somebody else asks", err, "409 incomplete")
	if p := asProblem(err); *p.Offset != 0 {
		t.Errorf("somebody else has %d bytes", *p.Offset)
	}
	_, err = put(r.ada, 0, "")
	if p := asProblem(err); p == nil || p.Offset == nil || *p.Offset != 4 {
		t.Fatalf("%+v", p)
	}
	if a, err := put(r.ada, 4, text[4:]); err != nil || a.Status != 201 {
		t.Fatalf("%+v, %v", a, err)
	}
	if got, err := r.readFile(r.ada, id.String()); got != text {
		t.Errorf("%q, %v", got, err)
	}
}

// A death between the file and its row leaves a file that nobody has; the client sends it
// again.
func TestAFileWithoutItsRowIsSentAgain(t *testing.T) {
	r := newRig(t)
	id := uuid.New()
	w, err := r.files.Begin(r.ada.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, complete, err := w.Write(t.Context(), attachments.Upload{Length: 3, Body: strings.NewReader("old")}); err != nil || !complete {
		t.Fatal(complete, err)
	}
	w.End()
	_, err = r.readFile(r.ada, id.String())
	wantCode(t, "before", err, "404 not-found")
	if a, err := r.put(r.ada, id, "a.txt", "content"); err != nil || a.Status != 201 {
		t.Errorf("%+v, %v", a, err)
	}
	if got, err := r.readFile(r.ada, id.String()); got != "content" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestUnusedFilesAreSwept(t *testing.T) {
	r := newRig(t)
	r.clock = time.Now().UTC() // that of the files
	used, unused := r.file(r.ada, "a.txt", "used"), r.file(r.ada, "b.txt", "unused")
	r.create(r.ada, api.NewTicket{Attachments: []string{used}})
	// What a death left behind, of somebody with the same id.
	if w, err := r.files.Begin(r.ben.ID, uuid.MustParse(used)); err != nil {
		t.Fatal(err)
	} else if _, _, err := w.Write(t.Context(), attachments.Upload{Length: 1, Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	} else {
		w.End()
	}
	if n, err := r.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	r.clock = r.clock.Add(8 * 24 * time.Hour)
	if n, err := r.Sweep(t.Context()); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got, err := r.readFile(r.ada, used); got != "used" {
		t.Errorf("%q, %v", got, err)
	}
	_, err := r.readFile(r.ada, unused)
	wantCode(t, "the unused one", err, "404 not-found")
	_, err = r.Create(t.Context(), r.ada, key(), api.NewTicket{Subject: "x", Attachments: []string{unused}})
	wantCode(t, "a request with it", err, "409 attachment-missing")
	// It can be put again, under its id.
	if a, err := r.put(r.ada, uuid.MustParse(unused), "b.txt", "unused"); err != nil || a.Status != 201 {
		t.Errorf("%+v, %v", a, err)
	}
}
