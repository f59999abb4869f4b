-- Which accepted proposals have no process yet is asked after every change of one.
CREATE INDEX saga_by_subject ON saga (kind, subject, state);
