"""SAC fails without the tanh correction of its entropy; an epsilon in it does harm near bounds."""

RUN_TIME = "six minutes"
