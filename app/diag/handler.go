package diag

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/portico-desktop/portico/app/redact"
)

// Redact takes secrets out of a text; see [redact.Text].
func Redact(s string) string { return redact.Text(s) }

// Redacted returns a handler that passes records on to h without secrets: in the
// message, in names and in values of every kind, errors included.
func Redacted(h slog.Handler) slog.Handler { return redacted{h} }

type redacted struct{ slog.Handler }

func (r redacted) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, redact.Text(record.Message), record.PC)
	record.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(withoutSecrets(a))
		return true
	})
	return r.Handler.Handle(ctx, clean)
}

func (r redacted) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = withoutSecrets(a)
	}
	return redacted{r.Handler.WithAttrs(clean)}
}

func (r redacted) WithGroup(name string) slog.Handler { return redacted{r.Handler.WithGroup(name)} }

func withoutSecrets(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		members := v.Group()
		clean := make([]slog.Attr, len(members))
		for i, member := range members {
			clean[i] = withoutSecrets(member)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindString, slog.KindAny:
	default:
		return a // a number, a time or a flag
	}
	var text string
	switch value := v.Any().(type) {
	case nil:
		return a
	case string:
		text = value
	case []byte:
		text = string(value)
	default:
		text = fmt.Sprint(value) // errors and addresses among them
	}
	return slog.String(a.Key, redact.Value(a.Key, text))
}
