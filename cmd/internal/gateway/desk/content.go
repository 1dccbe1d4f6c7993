package desk

import (
	"context"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// digestName is the content's digest among the store's values.
const digestName = "content"

// Published has everybody look at menus and forms again, if the content is another than at
// the last call. It is for the start, and for [content.Params.Changed].
func (d *Desk) Published(ctx context.Context, s *content.Snapshot) error {
	return d.store.Write(ctx, func(tx *store.Tx) error {
		before, err := tx.Value(digestName)
		if err != nil || string(before) == s.Digest() {
			return err
		}
		if err := tx.SetValue(digestName, []byte(s.Digest())); err != nil {
			return err
		}
		return tx.Changed(bus.All, store.AnInvitation, 0)
	})
}
