package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// maxFiles bounds the attachments of one request or message.
const maxFiles = 30

// Attach takes in a file, or a part of it, under an id of the client's. Until something sent
// names the file, only its uploader knows of it. The answer to a part before the last is
// 202.
//
// Problems: 404 for an id of somebody else's, attachment-conflict, incomplete with the
// offset to go on from, digest, too-large, wrong-type, in-progress, unavailable.
func (d *Desk) Attach(ctx context.Context, who *Person, id uuid.UUID, name string, u attachments.Upload) (Answer, error) {
	writing, err := d.files.Begin(who.ID, id)
	if errors.Is(err, attachments.ErrBusy) {
		return Answer{}, conflict(api.InProgress, "The file is just being sent")
	}
	if err != nil {
		return Answer{}, err
	}
	defer writing.End()
	if answer, err := d.attached(ctx, who, id, u); err != nil || answer.Status != 0 {
		return answer, err
	}
	if u.Content == nil && u.Whole == nil && !u.Range.Asking {
		return Answer{}, &api.Problem{Status: http.StatusUnprocessableEntity, Code: api.Digest, Title: "The Content-Digest is missing", Detail: "Send Content-Digest: sha-256=:…: with the body's SHA-256."}
	}
	kept, complete, err := writing.Write(ctx, u)
	if err != nil {
		return Answer{}, fileProblem(err)
	}
	if !complete {
		return Answer{Status: http.StatusAccepted}, nil
	}
	f := store.File{ID: id.String(), Owner: who.Row, Name: attachments.Name(name), Type: kept.Type, Size: kept.Size, Digest: kept.Digest.String()}
	err = d.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.File(f.ID); err == nil {
			return notFound() // somebody else was faster with the same id
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		f.Created = tx.Now()
		return tx.AddFile(&f)
	})
	if p := asProblem(err); p != nil {
		return Answer{}, errors.Join(p, writing.Discard())
	}
	return Answer{Status: http.StatusCreated, Body: fileView(f)}, err
}

// attached answers for a file that is there already; the zero answer is for none.
func (d *Desk) attached(ctx context.Context, who *Person, id uuid.UUID, u attachments.Upload) (answer Answer, err error) {
	err = d.store.Read(ctx, func(r *store.Reader) error {
		if err := admit(r, who); err != nil {
			return err
		}
		f, err := r.File(id.String())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.Owner != who.Row {
			return notFound()
		}
		said := u.Whole
		if said == nil && u.Range == (attachments.Range{}) {
			said = u.Content
		}
		if said != nil && said.String() != f.Digest {
			return conflict(api.AttachmentConflict, "There is another file with this id")
		}
		answer = Answer{Status: http.StatusOK, Body: fileView(f)}
		return nil
	})
	return answer, err
}

// fileProblem says what the client has to do about an error of its upload.
func fileProblem(err error) error {
	var kind *attachments.TypeError
	var offset *attachments.OffsetError
	switch {
	case errors.Is(err, attachments.ErrTooLarge):
		return &api.Problem{Status: http.StatusRequestEntityTooLarge, Code: api.TooLarge, Title: "The file is too large"}
	case errors.As(err, &kind):
		return &api.Problem{Status: http.StatusUnsupportedMediaType, Code: api.WrongType, Title: "Files of this kind are not taken", Detail: kind.Type}
	case errors.Is(err, attachments.ErrDigest):
		return &api.Problem{Status: http.StatusUnprocessableEntity, Code: api.Digest, Title: "The file has not arrived as it was sent"}
	case errors.Is(err, attachments.ErrLength):
		return badRequest("The body has another length than was said.")
	case errors.As(err, &offset):
		p := conflict(api.Incomplete, "The file goes on from another place")
		p.Offset = &offset.Have
		return p
	case errors.Is(err, attachments.ErrFull):
		return &api.Problem{Status: http.StatusServiceUnavailable, Code: api.Unavailable, Title: "There is no room for files just now", RetryAfter: 300}
	}
	return err
}

// File opens an attachment for its uploader, and for everybody who sees its request. Files of
// internal notes are for nobody.
//
// Problems: 404.
func (d *Desk) File(ctx context.Context, who *Person, id string) (*File, error) {
	parsed, err := uuid.Parse(id)
	if err != nil || len(id) != 36 {
		return nil, notFound()
	}
	var f store.File
	var owner store.Person
	err = d.read(ctx, who, func(r *store.Reader) (err error) {
		if f, err = r.File(parsed.String()); err != nil {
			return err
		}
		if owner, err = r.Person(f.Owner); err != nil {
			return err
		}
		return d.seeFile(r, who, f)
	})
	if err != nil {
		return nil, err
	}
	bytes, err := d.files.Open(owner.ID, parsed)
	if errors.Is(err, fs.ErrNotExist) {
		d.log.Error("an attachment is in the store and not in its folder", "attachment", f.ID)
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	return &File{ReadSeekCloser: bytes, ID: f.ID, Name: f.Name, Size: f.Size, Type: f.Type, Digest: f.Digest}, nil
}

func (d *Desk) seeFile(r reader, who *Person, f store.File) error {
	if f.Ticket == 0 {
		if f.Owner != who.Row {
			return notFound()
		}
		return nil
	}
	if f.Entry != 0 {
		// Only public entries are found by their rows.
		if entries, err := r.EntriesByRow([]int64{f.Entry}); err != nil || len(entries) == 0 {
			return errors.Join(err, notFound())
		}
	}
	t, err := r.Ticket(f.Ticket)
	if err != nil {
		return err
	}
	_, err = d.seeTicket(r, who, t)
	return err
}

// attach puts files of the person under a request, or under an entry of it.
//
// Problems: attachment-missing, with all ids; answers-invalid for a file of something else.
func attach(tx *store.Tx, who *Person, ticket, entry int64, ids []string) error {
	if len(ids) > maxFiles {
		return invalid(fault("/attachments", "maxItems", "may be %d files at most", maxFiles))
	}
	var gone, seen []string
	var files []store.File
	for i, id := range ids {
		if slices.Contains(seen, id) {
			continue
		}
		seen = append(seen, id)
		f, err := ownFile(tx, who, id)
		switch {
		case err != nil:
			return err
		case f == nil:
			gone = append(gone, id)
		case f.Ticket != 0:
			return invalid(fault(fmt.Sprintf("/attachments/%d", i), "enum", "belongs to something sent already"))
		default:
			files = append(files, *f)
		}
	}
	if len(gone) > 0 {
		p := conflict(api.AttachmentMissing, "Some files are not here any more; send them again")
		p.IDs = gone
		return p
	}
	for _, f := range files {
		if err := tx.Attach(f.Row, ticket, entry); err != nil {
			return err
		}
	}
	return nil
}

// ownFile is a file of the person; nil for none.
func ownFile(r reader, who *Person, id string) (*store.File, error) {
	if _, err := uuid.Parse(id); err != nil || len(id) != 36 {
		return nil, nil
	}
	f, err := r.File(strings.ToLower(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && f.Owner != who.Row {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &f, nil
}

// Sweep removes attachments that nothing sent has named for long, and the rest of uploads
// that were given up.
func (d *Desk) Sweep(ctx context.Context) (removed int, err error) {
	before := d.store.Now().Add(-d.limits.Unused)
	const some = 500
	for n := some; n == some; {
		if err := d.store.Write(ctx, func(tx *store.Tx) error {
			unused, err := tx.UnusedFiles(before, some)
			if err != nil {
				return err
			}
			n = len(unused)
			for _, f := range unused {
				if err := tx.RemoveFile(f.Row); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return 0, err
		}
	}
	return d.files.Sweep(ctx, before, func(owner string, id uuid.UUID) (known bool, err error) {
		err = d.store.Read(ctx, func(r *store.Reader) error {
			f, err := r.File(id.String())
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			p, err := r.Person(f.Owner)
			known = err == nil && p.ID == owner
			return err
		})
		return known, err
	})
}
