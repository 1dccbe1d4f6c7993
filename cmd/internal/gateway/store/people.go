package store

import (
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
)

// Person is somebody who has signed in.
type Person struct {
	Row int64
	// ID is for others to see.
	ID string
	// Issuer and Subject are the person (OpenID Connect Core 1.0, section 5.7); Tenant is
	// the directory, "" if the provider has none.
	Issuer, Subject, Tenant string
	Name, Address           string
	// Organization is a row, 0 for none.
	Organization int64
	// OutSince is when the person was shut out; nil for somebody who was not.
	OutSince *time.Time
	// Removed is when the person was removed; the row stays, so that nothing makes them anew.
	Removed *time.Time
	// Claims is a digest of everything on which menus, forms and rights depend.
	Claims string
	Seen   time.Time
}

const personColumns = "row, id, issuer, subject, tenant, name, address, coalesce(organization, 0), out_since, removed, claims, seen"

func scanPerson(row scanner, p *Person) error {
	var out, removed sql.NullInt64
	var seen int64
	err := row.Scan(&p.Row, &p.ID, &p.Issuer, &p.Subject, &p.Tenant, &p.Name, &p.Address, &p.Organization, &out, &removed, &p.Claims, &seen)
	p.OutSince, p.Removed, p.Seen = timeOrNil(out), timeOrNil(removed), timeOf(seen)
	return err
}

func (q query) person(where string, args ...any) (Person, error) {
	var p Person
	err := q.all("SELECT "+personColumns+" FROM people WHERE "+where+" LIMIT 1", args, func(row scanner) error { return scanPerson(row, &p) })
	if err == nil && p.Row == 0 {
		err = ErrNotFound
	}
	return p, err
}

// Person returns a person by the row, or [ErrNotFound].
func (q query) Person(row int64) (Person, error) { return q.person("row = ?", row) }

// PersonByID returns a person by the id, or [ErrNotFound].
func (q query) PersonByID(id string) (Person, error) { return q.person("id = ?", id) }

// PersonBySubject returns who signed in as issuer and subject, or [ErrNotFound].
func (q query) PersonBySubject(issuer, subject string) (Person, error) {
	return q.person("issuer = ? AND subject = ?", issuer, subject)
}

// PeopleByAddress returns everybody with an address, in small letters, for a technician: there
// may be several.
func (q query) PeopleByAddress(address string) ([]Person, error) {
	return q.people("address = ? ORDER BY row", strings.ToLower(address))
}

// PeopleByRow returns people by their rows.
func (q query) PeopleByRow(rows []int64) (map[int64]Person, error) {
	found := make(map[int64]Person, len(rows))
	for _, part := range chunks(rows) {
		list, err := q.people("row IN ("+marks(len(part))+")", part...)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			found[p.Row] = p
		}
	}
	return found, nil
}

// Colleagues finds people of an organization by the beginnings of the words of their names, or
// of their address. Those who were removed or shut out are not found.
func (q query) Colleagues(organization int64, words string, limit int) ([]Person, error) {
	if organization == 0 {
		return nil, nil
	}
	begins := like(words) + "%"
	return q.people(`organization = ? AND removed IS NULL AND out_since IS NULL AND (name LIKE ? ESCAPE '\' OR name LIKE ? ESCAPE '\' OR address LIKE ? ESCAPE '\') ORDER BY name, row LIMIT ?`,
		organization, begins, "% "+begins, begins, limit)
}

func (q query) people(where string, args ...any) ([]Person, error) {
	var found []Person
	err := q.all("SELECT "+personColumns+" FROM people WHERE "+where, args, func(row scanner) error {
		var p Person
		err := scanPerson(row, &p)
		found = append(found, p)
		return err
	})
	return found, err
}

// AddPerson adds a person and sets Row and ID.
func (tx *Tx) AddPerson(p *Person) (err error) {
	p.ID, p.Seen = newID("p"), tx.Now()
	p.Row, err = tx.insert("INSERT INTO people (id, issuer, subject, tenant, name, address, organization, claims, created, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		p.ID, p.Issuer, p.Subject, p.Tenant, p.Name, strings.ToLower(p.Address), rowOrNil(p.Organization), p.Claims, p.Seen.UnixMilli(), p.Seen.UnixMilli())
	return err
}

// SavePerson writes a person's name, address, organization, claims, times of shutting out and of
// removal, and tells the person if anything of it has changed.
func (tx *Tx) SavePerson(p Person) error {
	was, err := tx.Person(p.Row)
	if err != nil {
		return err
	}
	p.Address = strings.ToLower(p.Address)
	if err := tx.exec("UPDATE people SET name = ?, address = ?, organization = ?, claims = ?, out_since = ?, removed = ?, seen = ? WHERE row = ?",
		p.Name, p.Address, rowOrNil(p.Organization), p.Claims, millis(p.OutSince), millis(p.Removed), p.Seen.UnixMilli(), p.Row); err != nil {
		return err
	}
	if was.Name == p.Name && was.Address == p.Address && was.Organization == p.Organization && was.Claims == p.Claims &&
		(was.OutSince == nil) == (p.OutSince == nil) && (was.Removed == nil) == (p.Removed == nil) {
		return nil
	}
	return tx.Changed(PersonHead(p.Row), Me, p.Row)
}

// PersonHead is the head of one person.
func PersonHead(row int64) bus.Head { return bus.Head{Kind: bus.Person, Row: row} }

// OrganizationHead is the head of one organization.
func OrganizationHead(row int64) bus.Head { return bus.Head{Kind: bus.Organization, Row: row} }

// Organization is a customer, or a part of a company.
type Organization struct {
	Row int64
	// Key is its name in the settings.
	Key  string
	Name string
}

// OrganizationRow returns the row of an organization of the settings, which is made or renamed
// as they say.
func (tx *Tx) OrganizationRow(key, name string) (row int64, err error) {
	err = tx.one("INSERT INTO organizations (key, name) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET name = ?2 RETURNING row", []any{key, name}, &row)
	return row, err
}

// Organization returns an organization, or [ErrNotFound].
func (q query) Organization(row int64) (Organization, error) {
	o := Organization{Row: row}
	return o, q.one("SELECT key, name FROM organizations WHERE row = ?", []any{row}, &o.Key, &o.Name)
}

// Take notes that an ID token was taken, by its digest. It is false if it was taken before.
// Until is when the token is too old anyway.
func (tx *Tx) Take(digest []byte, until time.Time) (first bool, err error) {
	if err := tx.exec("DELETE FROM taken WHERE until < ?", tx.Now().UnixMilli()); err != nil {
		return false, err
	}
	result, err := tx.on.ExecContext(tx.ctx, "INSERT OR IGNORE INTO taken VALUES (?, ?)", digest, until.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// Value returns a value of the gateway's own, such as its signing keys, or nil.
func (q query) Value(name string) ([]byte, error) {
	var value []byte
	err := q.one("SELECT value FROM meta WHERE name = ?", []any{"value-" + name}, &value)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return value, err
}

// SetValue keeps a value.
func (tx *Tx) SetValue(name string, value []byte) error {
	return tx.exec("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", "value-"+name, value)
}

// like makes a text mean itself in LIKE.
func like(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}

// marks are n question marks for a list.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// chunks splits rows: a statement may not have too many arguments.
func chunks(rows []int64) [][]any {
	const most = 500
	var all [][]any
	for len(rows) > 0 {
		n := min(most, len(rows))
		part := make([]any, n)
		for i, row := range rows[:n] {
			part[i] = row
		}
		all, rows = append(all, part), rows[n:]
	}
	return all
}
