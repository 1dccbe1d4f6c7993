package attachments

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/google/uuid"
)

// Upload is one request with the bytes of a file, or with a part of them.
type Upload struct {
	// Range is the place of the body in the file; the zero value is the whole file.
	Range Range
	// Length is the length of the body in bytes.
	Length int64
	// Content is the SHA-256 of the body (Content-Digest, RFC 9530, section 2), nil for
	// not said.
	Content *Digest
	// Whole is the SHA-256 of the file (Repr-Digest, RFC 9530, section 3), nil for not said.
	// For a whole file as the body either will do.
	Whole *Digest
	// Body is read up to Length.
	Body io.Reader
}

// Stored describes a whole file.
type Stored struct {
	Size   int64
	Digest Digest
	// Type is the media type found in the content.
	Type string
}

// Writing is the right to write one file. Nobody else writes or removes the file until
// [Writing.End], so that the row about it can be written meanwhile as well.
type Writing struct {
	f    *Folder
	id   uuid.UUID
	name string
}

// Begin asks for the right to write a file of an owner. [Writing.End] gives it back.
//
// Errors: [ErrBusy] if somebody has it.
func (f *Folder) Begin(owner string, id uuid.UUID) (*Writing, error) {
	name, err := nameOf(owner, id)
	if err != nil {
		return nil, err
	}
	if !f.take(name) {
		return nil, ErrBusy
	}
	return &Writing{f: f, id: id, name: name}, nil
}

// End gives the right back.
func (w *Writing) End() { w.f.release(w.name) }

// Discard removes what is there of the file.
func (w *Writing) Discard() error {
	for _, name := range []string{placeOf(w.name, w.id), w.part()} {
		if err := w.f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an attachment: %w", err)
		}
	}
	return nil
}

// Write streams the body to the disk. The beginning of a broken body stays, and a later
// Upload with a [Range] goes on from there; one without begins anew. Once the last
// byte is there, the file is checked and put in its place, durably. Until then complete
// is false.
//
// Errors: [ErrTooLarge], [ErrLength], [ErrDigest], [ErrFull], *[TypeError], *[OffsetError],
// and the body's own.
func (w *Writing) Write(ctx context.Context, u Upload) (s Stored, complete bool, err error) {
	total := u.Range.Total
	if u.Range == (Range{}) {
		total = u.Length
	}
	switch {
	case u.Length < 0 || u.Range.Begin < 0 || u.Range.Begin > total-u.Length:
		return Stored{}, false, ErrLength
	case total > w.f.limit:
		return Stored{}, false, ErrTooLarge
	}
	file, have, err := w.open(u, total)
	if err != nil {
		return Stored{}, false, noRoom(err)
	}
	defer file.Close()
	if !u.Range.Asking {
		if err := w.receive(ctx, file, u); err != nil {
			return Stored{}, false, noRoom(err)
		}
		have += u.Length
	}
	if have < total {
		return Stored{}, false, noRoom(file.Sync())
	}
	s, err = w.finish(file, u, total)
	return s, err == nil, noRoom(err)
}

// open opens the growing file at its end, the place for the body.
func (w *Writing) open(u Upload, total int64) (file *os.File, have int64, err error) {
	flags := os.O_RDWR | os.O_CREATE
	if u.Range.Begin == 0 && !u.Range.Asking {
		flags |= os.O_TRUNC
	}
	// A root follows no link that leads out of it.
	file, err = w.f.root.OpenFile(w.part(), flags, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("open an attachment: %w", err)
	}
	have, err = file.Seek(0, io.SeekEnd)
	switch {
	case err != nil:
	case have > total: // of another file than is sent now
		err = &OffsetError{}
	case u.Range.Asking && have < total, !u.Range.Asking && have != u.Range.Begin:
		err = &OffsetError{Have: have}
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, have, nil
}

func (w *Writing) receive(ctx context.Context, file *os.File, u Upload) error {
	sum := sha256.New()
	body := &limited{ctx: ctx, r: u.Body, left: u.Length}
	n, err := io.CopyBuffer(onlyWriter{io.MultiWriter(file, sum)}, body, make([]byte, 32<<10))
	switch {
	case err != nil:
		return fmt.Errorf("receive an attachment: %w", err)
	case n != u.Length || body.more():
		return fmt.Errorf("receive an attachment: %w", ErrLength)
	}
	if got := Digest(sum.Sum(nil)); u.Content != nil && *u.Content != got {
		return errors.Join(ErrDigest, file.Truncate(u.Range.Begin))
	}
	return nil
}

// finish checks a file with all of its bytes, and puts it in its place. The file is removed
// if it is no good: otherwise nobody could send a better one in parts.
func (w *Writing) finish(file *os.File, u Upload, total int64) (Stored, error) {
	s, err := w.check(file, u, total)
	if err != nil {
		var kind *TypeError
		if errors.Is(err, ErrDigest) || errors.As(err, &kind) {
			file.Close()
			return Stored{}, errors.Join(err, w.f.root.Remove(w.part()))
		}
		return Stored{}, err
	}
	if err := file.Sync(); err != nil {
		return Stored{}, fmt.Errorf("keep an attachment: %w", err)
	}
	if err := file.Close(); err != nil { // Windows renames no open file
		return Stored{}, fmt.Errorf("keep an attachment: %w", err)
	}
	place := placeOf(w.name, w.id)
	if err := w.f.root.MkdirAll(path.Dir(place), 0o700); err != nil {
		return Stored{}, fmt.Errorf("keep an attachment: %w", err)
	}
	if err := w.f.root.Rename(w.part(), place); err != nil {
		return Stored{}, fmt.Errorf("keep an attachment: %w", err)
	}
	for _, dir := range []string{path.Dir(place), whole} {
		if err := w.f.syncFolder(dir); err != nil {
			return Stored{}, fmt.Errorf("keep an attachment: %w", err)
		}
	}
	return s, nil
}

func (w *Writing) check(file *os.File, u Upload, total int64) (Stored, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Stored{}, fmt.Errorf("check an attachment: %w", err)
	}
	// All is read again: the parts may have come with an end of this program between them.
	sum := sha256.New()
	if n, err := io.Copy(sum, file); err != nil || n != total {
		return Stored{}, fmt.Errorf("check an attachment: %w", errors.Join(ErrLength, err))
	}
	s := Stored{Size: total, Digest: Digest(sum.Sum(nil))}
	if u.Whole != nil && *u.Whole != s.Digest {
		return Stored{}, ErrDigest
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Stored{}, fmt.Errorf("check an attachment: %w", err)
	}
	var err error
	s.Type, err = w.f.kind(file)
	return s, err
}

func (w *Writing) part() string { return path.Join(partial, w.name) }

// limited reads up to left bytes while its context lasts.
type limited struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	if l.left <= 0 {
		return 0, io.EOF
	}
	n, err := l.r.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

// more is true if the body goes on behind its length.
func (l *limited) more() bool {
	n, _ := io.ReadFull(l.r, make([]byte, 1))
	return n > 0
}

// onlyWriter hides other methods of a writer, so that io.Copy takes the buffer.
type onlyWriter struct{ io.Writer }
