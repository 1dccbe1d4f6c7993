package desktop

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

const (
	notificationsName = "org.freedesktop.Notifications"
	notificationsPath = "/org/freedesktop/Notifications"
)

// dialogFails is how soon a dialog program ends if it cannot show anything. One still
// running then shows its message.
const dialogFails = time.Second

// critical is the urgency of a notification that stays until somebody closes it.
const critical = byte(2)

func tell(ctx context.Context, title, text string) error {
	err := notify(ctx, title, text)
	if err == nil {
		return nil
	}
	for _, d := range dialogs(title, text) {
		path, missing := exec.LookPath(d[0])
		if missing != nil {
			continue
		}
		failed := showDialog(path, d[1:])
		if failed == nil {
			return nil
		}
		err = errors.Join(err, failed)
	}
	return errors.Join(errNobodyTells, err)
}

// notify shows a notification on the session's bus.
func notify(ctx context.Context, title, text string) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	bus, err := SessionBus(ctx)
	if err != nil {
		return err
	}
	defer bus.Close()
	hints := map[string]dbus.Variant{"urgency": dbus.MakeVariant(critical), "desktop-entry": dbus.MakeVariant(appID)}
	call := bus.Object(notificationsName, notificationsPath).CallWithContext(ctx, notificationsName+".Notify", 0,
		"Portico", uint32(0), appID, title, text, []string{}, hints, int32(0))
	if call.Err != nil {
		return fmt.Errorf("show a notification: %w", call.Err)
	}
	return nil
}

// dialogs are the programs to show a message, and their arguments.
func dialogs(title, text string) [][]string {
	return [][]string{
		{"kdialog", "--title", title, "--sorry", text},
		{"zenity", "--warning", "--no-markup", "--title=" + title, "--text=" + text},
		{"xmessage", "-center", "-title", latin1(title), latin1(folded(text))},
	}
}

// messageWidth is how long a line of xmessage may be, in letters: it breaks none.
const messageWidth = 76

// folded is a text with its long lines broken between words.
func folded(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		column := 0
		for i, word := range strings.Split(line, " ") {
			width := utf8.RuneCountInString(strings.TrimSuffix(word, "\n"))
			switch {
			case i == 0:
			case column+1+width > messageWidth:
				b.WriteByte('\n')
				column = 0
			default:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += width
		}
	}
	return b.String()
}

// latin1 is a text for a program without other letters. Quotation marks become the ones
// it has.
func latin1(text string) string {
	var b []byte
	for _, r := range text {
		switch {
		case strings.ContainsRune("“”„", r):
			r = '"'
		case strings.ContainsRune("‘’‚", r):
			r = '\''
		case r > 0xFF:
			r = '?'
		}
		b = append(b, byte(r))
	}
	return string(b)
}

// showDialog starts a dialog. It stays when this program has ended.
func showDialog(path string, args []string) error {
	cmd := exec.Command(path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := Start(cmd); err != nil {
		return fmt.Errorf("show a dialog: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	shown := time.NewTimer(dialogFails)
	defer shown.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("show a dialog with %s: %w", path, err)
		}
		return nil // closed already
	case <-shown.C:
		return nil
	}
}
