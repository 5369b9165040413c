"""Patients, and who of them is diabetic."""
