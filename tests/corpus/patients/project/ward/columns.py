"""Which columns there are, and what is known of them."""

MEASURED = ["glucose", "pressure", "bmi"]
OTHER = ["age", "pregnancies"]
LABEL = "diabetic"
BINS = [0, 30, 40, 50, 200]
EXTREME = {"glucose": 300, "bmi": 80}
